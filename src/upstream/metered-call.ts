/** Books what one attempt at a provider took: as the provider counts it, or as an estimate. */
import type { TokenUsage } from "../answer/token-usage.ts";
import { RelayError } from "../errors.ts";
import type { Meter } from "../quota/meter.ts";
import { estimatedUsage } from "../quota/usage.ts";
import { modelName, type Route } from "../routing/route.ts";
import type { Protocol, RequestBody, UsageCounter } from "../protocols/protocol.ts";
import type { AnswerPipe } from "../answer/answer-sink.ts";
import { transformedEvents } from "../answer/transformed-events.ts";

export interface MeteredCall {
  /** The client's body; that of a stream may ask the provider for its token counts. */
  readonly body: RequestBody;
  /** The way to the client, behind a counter of the answer. */
  readonly sink: AnswerPipe;
  /** The body goes to the provider now. From here on the attempt counts. */
  readonly onSent: (sentBytes: number) => void;
  /** Books the attempt. @param failure what it ended with; undefined for a good end. */
  settle(failure?: unknown): void;
}

export interface MeteredCallOptions {
  readonly body: RequestBody;
  readonly sink: AnswerPipe;
  readonly meter: Meter;
  /** What the provider speaks. */
  readonly protocol: Protocol;
  readonly route: Route;
}

/** What came of an answer. */
interface Answer {
  readonly status: number;
  readonly counter: UsageCounter;
  isWhole: boolean;
}

export function meteredCall(options: MeteredCallOptions): MeteredCall {
  const { meter, protocol, route } = options;
  const counted = meter.countsTokens ? options.body.withStreamUsage() : undefined;
  const body = counted ?? options.body;
  const sink =
    counted === undefined ? options.sink : transformedEvents(options.sink, protocol.usageFilter);
  let sentBytes: number | undefined;
  let answer: Answer | undefined;
  return {
    body,
    onSent: (bytes) => {
      sentBytes = bytes;
    },
    settle(failure) {
      const failed = failure instanceof RelayError ? failure : undefined;
      const refusal = failed?.answer;
      const reported = answer?.counter.usage() ?? (refusal && protocol.usageOf(refusal.bytes));
      const isRefused = isRefusal(answer?.status ?? failed?.providerStatus);
      if (sentBytes === undefined || (isRefused && reported === undefined)) {
        return;
      }
      const usage: TokenUsage =
        reported ??
        estimatedUsage({
          expectedTokensOut: body.expectedTokensOut,
          sentBytes,
          answerBytes: answer?.counter.bytes ?? 0,
          eventBytes: answer?.counter.eventBytes,
          isOver: body.stream || answer?.isWhole === true || refusal !== undefined,
        });
      const model = modelName(route);
      meter.book({ agent: route.agentId, model, usage, cost: route.cost });
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

/** A provider that answers 4xx has refused the request unread, and bills nothing. A 408 is its own failure, as a 5xx is. */
function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408;
}
