/** A sink that notes how many tokens the answer took that goes through it. */
import type { TokenUsage } from "../chat/token-usage.ts";
import { createUsageTail, type UsageTail } from "../sse/usage-tail.ts";
import type { AnswerSink } from "../upstream/answer-sink.ts";

export interface MeteredSink {
  readonly sink: AnswerSink;
  /**
   * What the answer took, as the provider reports it; undefined where nothing was sent to the client.
   * @param expected what is taken for it where the provider reports nothing.
   */
  usage(
    expected: (answer: { readonly bytes: number; readonly isStream: boolean }) => TokenUsage,
  ): TokenUsage | undefined;
}

export function meteredSink(sink: AnswerSink): MeteredSink {
  let tail: UsageTail | undefined;
  let isStream = false;
  return {
    usage: (expected) => tail && (tail.usage() ?? expected({ bytes: tail.bytes, isStream })),
    sink: {
      signal: sink.signal,
      commit(status, providerHeaders, body) {
        if (status === 200) {
          isStream = body.kind === "events";
          tail = createUsageTail(isStream);
        }
        sink.commit(status, providerHeaders, body);
      },
      write(chunk) {
        tail?.push(chunk);
        return sink.write(chunk);
      },
      whenDrained: (callback) => sink.whenDrained(callback),
      end: () => sink.end(),
      breakOff: (error, boundary) => sink.breakOff(error, boundary),
    },
  };
}
