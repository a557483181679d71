/** Reads which agent or model a request names. Pure: does not check that they exist or are allowed. */

import { type HeaderFields, headerText } from "../text/header-fields.ts";
import { RelayError } from "../errors.ts";

/** The agent that a request names: the default one, or one by id. */
export type AgentSelector =
  | { readonly kind: "default" }
  | { readonly kind: "id"; readonly agentId: string; readonly param: string };

/** What a request names: an agent, whose models serve it, or a single model, called with an agent's credentials. */
export type Selector = { readonly kind: "agent"; readonly agent: AgentSelector } | ModelSelector;

export interface ModelSelector {
  readonly kind: "model";
  readonly agent: AgentSelector;
  /** As the client wrote it: `provider/model`, an alias or, only in the header, a bare model id. */
  readonly raw: string;
  readonly param: "model" | "x-openclaw-model";
}

/** In characters. A bound, because names are cached and repeated in errors and headers. */
const maxNameLength = 512;

const agentId = /^[a-z0-9][a-z0-9_-]{0,63}$/i;
const agentTarget = /^(?:openclaw[:/]|agent:)(?<agentId>.+)$/i;

/**
 * Reads which agent or model a request names, by core's rules (the host's docs/gateway/openai-http-api.md, "Agent-first
 * model contract"). Two additions: `model` may also name a model, and then a header may name the agent.
 * Precedence for the agent: `x-openclaw-agent-id`, `x-openclaw-agent`, `model`, the default agent.
 * @param model the body's `model`, trimmed and not empty, or undefined.
 * @throws RelayError `model_not_found` for a name that is too long.
 */
export function parseSelector(model: string | undefined, headers: HeaderFields): Selector {
  const named = parseModel(boundedName(model, "model"));
  const agent = agentFromHeaders(headers) ?? named.agent;
  const headerModel = boundedName(headerText(headers["x-openclaw-model"]), "x-openclaw-model");
  return headerModel === undefined
    ? { ...named, agent }
    : { kind: "model", agent, raw: headerModel, param: "x-openclaw-model" };
}

function agentFromHeaders(headers: HeaderFields): AgentSelector | undefined {
  for (const param of ["x-openclaw-agent-id", "x-openclaw-agent"] as const) {
    const value = boundedName(headerText(headers[param]), param);
    if (value !== undefined) {
      return { kind: "id", agentId: normalizeAgentId(value), param };
    }
  }
  return undefined;
}

function boundedName(name: string | undefined, param: string): string | undefined {
  if (name !== undefined && name.length > maxNameLength) {
    throw new RelayError(
      "model_not_found",
      `\`${param}\` is longer than ${maxNameLength} characters. No model or agent has such a name.`,
      { param },
    );
  }
  return name;
}

function parseModel(model: string | undefined): Selector {
  const lowered = model?.toLowerCase();
  if (model === undefined || lowered === "openclaw" || lowered === "openclaw/default") {
    return { kind: "agent", agent: { kind: "default" } };
  }
  const named = agentTarget.exec(model)?.groups?.["agentId"];
  return named === undefined
    ? { kind: "model", agent: { kind: "default" }, raw: model, param: "model" }
    : {
        kind: "agent",
        agent: { kind: "id", agentId: normalizeAgentId(named), param: "model" },
      };
}

/** The host ignores the case of agent ids, so convert them to lower case. Invalid ids stay unchanged and match no agent. */
function normalizeAgentId(value: string): string {
  return agentId.test(value) ? value.toLowerCase() : value;
}
