/** Counts the usage of one attempt at a provider: as the provider reports it, or as an estimate. */
import type { TokenUsage } from "../answer/token-usage.ts";
import { RelayError } from "../errors.ts";
import { estimatedUsage } from "../quota/usage.ts";
import type { Protocol, RequestBody, UsageCounter } from "../protocols/protocol.ts";
import type { AnswerPipe } from "../answer/answer-sink.ts";
import { transformedEvents } from "../answer/transformed-events.ts";

export interface CountedCall {
  /** The client's body. For a stream it may ask the provider for its token counts. */
  readonly body: RequestBody;
  /** The path to the client, behind a counter of the answer. */
  readonly sink: AnswerPipe;
  /** Called when the body goes to the provider. From here on the attempt counts. */
  readonly onSent: (sentBytes: number) => void;
  /**
   * The usage once the attempt has ended.
   * @param failure how it failed; undefined for success.
   * @returns undefined if nothing was sent, or the provider refused the request.
   */
  usage(failure?: unknown): TokenUsage | undefined;
}

export interface CountedCallOptions {
  readonly body: RequestBody;
  readonly sink: AnswerPipe;
  /** What the provider speaks. */
  readonly protocol: Protocol;
  /** Whether a stream asks the provider for its token counts, although the client did not. */
  readonly asksForUsage: boolean;
}

/** The received part of an answer. */
interface Answer {
  readonly status: number;
  readonly counter: UsageCounter;
  isWhole: boolean;
}

export function countedCall(options: CountedCallOptions): CountedCall {
  const { protocol, asksForUsage } = options;
  const asking = asksForUsage ? options.body.withStreamUsage() : undefined;
  const body = asking ?? options.body;
  const sink =
    asking === undefined ? options.sink : transformedEvents(options.sink, protocol.usageFilter);
  let sentBytes: number | undefined;
  let answer: Answer | undefined;
  return {
    body,
    onSent: (bytes) => {
      sentBytes = bytes;
    },
    usage(failure) {
      const failed = failure instanceof RelayError ? failure : undefined;
      const refusal = failed?.answer;
      const reported = answer?.counter.usage() ?? (refusal && protocol.usageOf(refusal.bytes));
      const isRefused = isRefusal(answer?.status ?? failed?.providerStatus);
      if (sentBytes === undefined || (isRefused && reported === undefined)) {
        return undefined;
      }
      return (
        reported ??
        estimatedUsage({
          expectedTokensOut: body.expectedTokensOut(),
          sentBytes,
          answerBytes: answer?.counter.bytes ?? 0,
          eventBytes: answer?.counter.eventBytes,
          isOver: body.stream || answer?.isWhole === true || refusal !== undefined,
        })
      );
    },
    sink: {
      ...sink,
      commit(status, providerHeaders, kind) {
        answer = { status, counter: protocol.countUsage(kind.kind), isWhole: false };
        sink.commit(status, providerHeaders, kind);
      },
      write(chunk, events) {
        answer?.counter.push(chunk, events);
        return sink.write(chunk, events);
      },
      end(rest) {
        if (answer !== undefined) {
          answer.counter.end(rest);
          answer.isWhole = true;
        }
        sink.end(rest);
      },
    },
  };
}

/** A provider that answers 4xx has refused the request unread, and bills nothing. 408, like 5xx, is the provider's own failure. */
function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408;
}
