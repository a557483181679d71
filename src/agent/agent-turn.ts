/** Serves a request with an agent run: parse the turn, load its images, choose the session, run, answer. */
import { randomUUID } from "node:crypto";
import { forKeyHolder, refusal } from "../protocols/core-error.ts";
import { assertPlainNames } from "./client-tools.ts";
import type { TrimmedPrompt } from "./run.ts";
import type { RunUse } from "./run-meter.ts";
import type { AgentTurn } from "../protocols/turn.ts";
import { headerText } from "../text/header-fields.ts";
import { RelayError } from "../errors.ts";
import type { Grant } from "../access/grant.ts";
import type { AgentSessions } from "./agent-session.ts";
import { traced } from "../telemetry/trace.ts";
import { answerStream, answerWhole, type RunListener } from "./agent-answer.ts";
import { type BoundedRunParts, boundedRun } from "./bounded-run.ts";
import type { AnswerSink } from "../answer/answer-sink.ts";
import type { Protocol, RequestBody } from "../protocols/protocol.ts";
import type { Meter } from "../quota/meter.ts";
import type { AgentCatalog } from "../routing/ports.ts";
import type { Candidate } from "../routing/candidates.ts";
import type { Trace } from "../telemetry/trace.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import { assertCapable } from "./capable.ts";
import type { HostAbilities, ImageLoader } from "./ports.ts";
import { sessionOf } from "../sessions/session-of.ts";

export interface AgentTurnOptions extends BoundedRunParts {
  readonly host: BoundedRunParts["host"] &
    HostAbilities &
    ImageLoader &
    Pick<AgentCatalog, "agentTargets">;
  readonly sessions: AgentSessions;
}

/** A request to serve with an agent run. */
interface AgentRequest {
  /** The client's protocol. */
  readonly protocol: Protocol;
  readonly agentId: string;
  readonly body: RequestBody;
  readonly clientHeaders: HeaderFields;
  /** The agent's models that the caller may use. */
  readonly candidates: readonly Candidate[];
  readonly trace: Trace;
  /** What the caller's virtual key allows; undefined for an operator. */
  readonly grant: Grant | undefined;
  readonly meter: Meter | undefined;
  readonly sink: AnswerSink;
  /** Sends the client a comment line at this interval until the answer begins; 0 disables it. */
  readonly keepAlive: (intervalMs: number) => void;
}

interface TurnKind {
  /** Prompt and tools of a light turn; undefined for a full turn. */
  readonly prompt: TrimmedPrompt | undefined;
  /** Default of the agent's `session.ephemeral`. */
  readonly isEphemeral: boolean;
  /** Interval of comment lines in a silent stream; 0 disables them. */
  readonly keepAliveMs: number;
}

/** Serves a request with an agent run. @throws RelayError; a stream that had begun has ended with the error by then. */
export type RunAgentTurn = (request: AgentRequest, kind: TurnKind) => Promise<void>;

export function createAgentTurn(options: AgentTurnOptions): RunAgentTurn {
  const { host, sessions } = options;
  return async (request, kind) => {
    const { protocol, agentId, body, clientHeaders, trace, grant } = request;
    const { signal } = request.sink;
    const config = host.config();
    if (grant !== undefined && request.candidates.length < host.agentTargets(agentId).length) {
      throw new RelayError(
        "model_not_allowed",
        "This key does not allow all of the agent's models, and an agent run may use any of them.",
      );
    }
    const { hostTools, prompt } = allowed(kind.prompt, grant);
    assertCapable(host.capabilities(), { hostTools, prompt });
    const turn = protocol.readTurn(body.value);
    const images = await host.loadImages(turn.conversation.imageUrls, signal);
    if (turn.conversation.current === "" && images.length === 0) {
      throw refusal("Missing user message in `messages`.");
    }
    if (hostTools !== undefined || prompt !== undefined) {
      assertPlainNames(turn.tools);
    }
    const promptParts = promptOf(turn, prompt);
    // Before the queue below: the client also gets comment lines while its request waits there.
    request.keepAlive(kind.keepAliveMs);
    const question = {
      agentId,
      key: sessionOf(request, config),
      isEphemeral: config.agents[agentId]?.session?.ephemeral ?? kind.isEphemeral,
      anonymous: config.sessions.anonymous,
      signal,
    };
    const runId = `chatcmpl_${randomUUID()}`;
    await sessions.run(question, (hostKey, status) => {
      trace.session = status;
      return traced(trace, `openclaw/${agentId}`, async (record) => {
        record.wire = "agent-run";
        const onUse = (use: RunUse | undefined) => {
          record.usage = use?.usage;
          record.costUsd = use?.costUsd;
        };
        const run = async ({ signal: answerSignal, ...listener }: RunListener) => {
          const result = await boundedRun(
            options,
            { ...request, onUse, publish: trace.publish },
            {
              runId,
              sessionKey: hostKey,
              handedOverAs: trace.handedOverAs,
              // The host's tool rules may depend on the channel, so the holder of a key cannot choose it.
              messageChannel:
                grant === undefined
                  ? headerText(clientHeaders["x-openclaw-message-channel"])
                  : undefined,
              ...promptParts,
              hostTools,
              conversation: turn.conversation,
              images,
              tools: turn.tools,
              streamParams: turn.streamParams,
              signal: answerSignal === undefined ? signal : AbortSignal.any([signal, answerSignal]),
              onStep(step) {
                if (step.kind === "call-started") {
                  record.route = { provider: step.provider, modelId: step.modelId };
                }
              },
              ...listener,
            },
          ).catch((failure: unknown) => {
            throw grant === undefined ? failure : forKeyHolder(failure);
          });
          record.route = result.model ?? record.route;
          return result;
        };
        const writer = protocol.writeAnswer({
          id: runId,
          created: Math.floor(Date.now() / 1000),
          model: turn.model ?? "openclaw",
        });
        const pending = { writer, required: turn.required, run, sink: request.sink };
        const { includesUsage } = turn;
        await (body.stream
          ? answerStream(pending, { includesUsage, keepAliveMs: kind.keepAliveMs })
          : answerWhole(pending));
      });
    });
  };
}

/** Host tools that both the agent's config and the caller's key allow. */
function allowed(prompt: TrimmedPrompt | undefined, grant: Grant | undefined) {
  if (grant === undefined || grant.tools === "agent") {
    return { prompt, hostTools: undefined };
  }
  const { tools } = grant;
  if (prompt === undefined) {
    return { prompt, hostTools: tools };
  }
  const hostTools = prompt.tools.filter((name) => tools.includes(name));
  return { prompt: { ...prompt, tools: hostTools }, hostTools };
}

/**
 * Appends the client's instructions to a trimmed prompt, because that replaces the host's prompt as a whole.
 * @throws RelayError `prompt_unavailable` if the result is empty: the host would use its own full prompt instead.
 */
function promptOf({ instructions }: AgentTurn, prompt: TrimmedPrompt | undefined) {
  if (prompt === undefined) {
    return { trimmed: undefined, instructions };
  }
  const systemPrompt = [prompt.systemPrompt, instructions].filter(Boolean).join("\n\n");
  if (systemPrompt.trim() === "") {
    throw new RelayError(
      "prompt_unavailable",
      "In this agent's light mode a turn is an agent run and needs a prompt. The gateway's operator can set agents.<id>.http.systemPrompt in " +
        "plugins.entries.passthrough.config, or put one of light.files into the agent's workspace.",
    );
  }
  return { trimmed: { ...prompt, systemPrompt }, instructions: undefined };
}
