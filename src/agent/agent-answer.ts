/** Sends an agent's answer to the client, whole or as a stream, in the shapes of core's endpoint. */
import { createAssistantText, type TextPiece } from "./assistant-text.ts";
import { agentError, agentFailed } from "../protocols/core-error.ts";
import type { AgentAnswer, AnswerWriter, RequiredCall } from "../protocols/turn.ts";
import { missingCall } from "./client-tools.ts";
import type { AgentRunResult } from "./run.ts";
import { asRelayError } from "../errors.ts";
import type { AnswerSink } from "../answer/answer-sink.ts";
import { openEvents } from "../answer/event-writer.ts";

/** Receives a run's text and errors while it lasts. */
export interface RunListener {
  readonly onText: (piece: TextPiece) => void;
  readonly onError: (message: string) => void;
  /** Aborts the run. */
  readonly signal: AbortSignal | undefined;
}

/** The run that makes an answer, and where the answer goes. */
export interface PendingAnswer {
  readonly writer: AnswerWriter;
  /** A tool call that the answer must contain. */
  readonly required: RequiredCall | undefined;
  /** Runs the agent. @throws RelayError. */
  readonly run: (listener: RunListener) => Promise<AgentRunResult>;
  readonly sink: AnswerSink;
}

const noText = "No response from OpenClaw.";

const silent: RunListener = {
  onText: () => undefined,
  onError: () => undefined,
  signal: undefined,
};

/** Sends the answer as one JSON body. @throws RelayError if the run failed; nothing has been sent then. */
export async function answerWhole({ writer, required, run, sink }: PendingAnswer): Promise<void> {
  const result = await run(silent);
  const { toolCalls, ...outcome } = outcomeOf(result, required);
  const content = toolCalls.length > 0 ? (result.text ?? "") : result.text || noText;
  const body = Buffer.from(writer.whole({ ...outcome, toolCalls, content }));
  sink.commit(
    200,
    { "content-type": "application/json; charset=utf-8" },
    { kind: "bytes", length: body.length },
  );
  sink.write(body);
  sink.end();
}

export interface StreamOptions {
  readonly includesUsage: boolean;
  /** Interval of comment lines in a silent stream; 0 disables them. */
  readonly keepAliveMs: number;
}

/** Streams the answer. @throws RelayError if the run failed; the stream has ended with an error event by then. */
export async function answerStream(answer: PendingAnswer, options: StreamOptions): Promise<void> {
  const { writer, required, run, sink } = answer;
  const text = createAssistantText(required !== undefined);
  const events = openEvents(sink, options.keepAliveMs);
  /** The first error during the run. It explains a failure that states no reason of its own. */
  let problem: string | undefined;
  const send = (more: string | undefined) => {
    if (more === undefined) {
      problem ??= "Assistant output cannot be represented as an append-only response stream.";
    } else if (more !== "") {
      events.send(writer.text(more));
    }
  };
  events.send(writer.begin());
  try {
    const result = await run({
      onText: (piece) => send(text.push(piece)),
      onError: (message) => {
        problem ??= message;
      },
      signal: events.signal,
    });
    events.signal.throwIfAborted();
    assertNotFailed(result);
    if (problem !== undefined) {
      throw agentFailed(problem);
    }
    const { toolCalls, finishReason, usage } = outcomeOf(result, required);
    send(text.finish(result.text, toolCalls.length > 0 ? "" : noText));
    if (problem !== undefined) {
      throw agentFailed(problem);
    }
    for (const event of writer.toolCalls(toolCalls)) {
      events.send(event);
    }
    events.send(writer.finish(finishReason));
    if (options.includesUsage) {
      events.send(writer.usage(usage));
    }
    events.end(writer.end());
  } catch (failure) {
    const error = asRelayError(failure);
    const isUnexplained = error.code === "agent_failed" && error.cause !== undefined;
    const reported = isUnexplained && problem !== undefined ? agentFailed(problem) : error;
    events.end(writer.fail(reported));
    throw failure;
  }
}

function assertNotFailed({ failed }: AgentRunResult): void {
  if (failed) {
    throw agentFailed();
  }
}

/** @throws RelayError `agent_failed`, or `agent_call_missing`. */
function outcomeOf(
  result: AgentRunResult,
  required: RequiredCall | undefined,
): Omit<AgentAnswer, "content"> {
  assertNotFailed(result);
  const missing = missingCall(required, result.toolCalls);
  if (missing !== undefined) {
    throw agentError("agent_call_missing", { status: 502, message: missing, type: "api_error" });
  }
  const toolCalls = result.stopReason === "tool_calls" ? result.toolCalls : [];
  return {
    toolCalls,
    finishReason:
      toolCalls.length > 0 ? "tool_calls" : result.stopReason === "length" ? "length" : "stop",
    usage: result.usage,
  };
}
