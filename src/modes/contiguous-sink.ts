/** A sink whose event streams have the deltas of each tool call together. */
import { createToolCallOrder, type ToolCallOrder } from "../sse/contiguous-tool-calls.ts";
import type { AnswerSink } from "../upstream/answer-sink.ts";

export function contiguousToolCalls(sink: AnswerSink): AnswerSink {
  /** Undefined for an answer that is no event stream. */
  let order: ToolCallOrder | undefined;
  const write = (bytes: Buffer) => bytes.length === 0 || sink.write(bytes);
  return {
    signal: sink.signal,
    commit(status, providerHeaders, bodyBytes) {
      order = bodyBytes === undefined ? createToolCallOrder() : undefined;
      sink.commit(status, providerHeaders, bodyBytes);
    },
    write: (chunk) => (order === undefined ? sink.write(chunk) : write(order.push(chunk))),
    whenDrained: (callback) => sink.whenDrained(callback),
    end() {
      if (order !== undefined) {
        write(order.end());
      }
      sink.end();
    },
    breakOff(error, boundary) {
      // Only whole events went out, so the error does not stand in the middle of one.
      sink.breakOff(error, boundary === undefined ? undefined : "event");
    },
  };
}
