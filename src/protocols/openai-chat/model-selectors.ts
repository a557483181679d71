/** Finds members of a request body, other than `model`, that select a model or make the same model more expensive. Pure. */
import { RelayError } from "../../errors.ts";
import { isRecord } from "../../text/json.ts";

/**
 * Members that select another model, another provider or a more expensive service, at a provider or at a gateway in front
 * of providers. In the spelling of the vendors' documentation; `folded` matches other spellings.
 *
 * By their documentation, only `model` selects the model at vLLM, Ollama, llama.cpp, DeepSeek, Fireworks, Cerebras and
 * Cloudflare's gateway. The latter routes by headers, which the relay does not pass on.
 */
const selectors = {
  /**
   * `models` and `route`: fallback models and their order. `provider`: the provider, and so the price. `preset`: a stored
   * request. `plugins`: further models and searches.
   */
  openRouter: ["models", "route", "provider", "preset", "plugins"],
  /** A web search, priced per request. OpenRouter and Perplexity have it, too. */
  openAi: ["web_search_options"],
  /** Runs the same model faster, for several times the price. */
  anthropic: ["speed"],
  /**
   * Fallbacks (Bifrost has them, too); a router that the client defines; a deployment, or all with a tag; a stored prompt,
   * which names a model; another server; and members that are merged into the outgoing request.
   */
  liteLlm: [
    "fallbacks",
    "context_window_fallbacks",
    "content_policy_fallbacks",
    "user_config",
    "model_list",
    "router_settings_override",
    "specific_deployment",
    "tags",
    "prompt_id",
    "custom_llm_provider",
    "api_base",
    "base_url",
    "extra_body",
  ],
  /** Contains `gateway.models` and `gateway.order`. */
  vercel: ["providerOptions"],
  /** A config with targets and overrides, or its parts. */
  portkey: ["config", "strategy", "targets", "override_params", "virtual_key"],
  /** The deployment (`engine` in OpenAI's oldest API), and data sources, which name further deployments and searches. */
  azure: ["deployment", "deployment_id", "engine", "data_sources"],
  /** The models that reason and answer in a compound system. */
  groq: ["compound_custom"],
  /** A moderation model with its own price. */
  together: ["safety_model"],
  /** A fine-tuned adapter. At other servers that is a separate model. */
  sgLang: ["lora_path"],
  loRax: ["adapter_id", "adapter_source"],
  /** Searches, each with a price. */
  xAi: ["search_parameters"],
  alibaba: ["enable_search"],
};

/**
 * Service tiers that cost no more than the default (OpenAI, Azure, Groq, Google). Other tiers, such as `priority`, cost
 * more or are unknown.
 */
const ordinaryTiers: ReadonlySet<unknown> = new Set([
  null,
  "auto",
  "default",
  "flex",
  "on_demand",
  "standard",
]);

/**
 * Types of tools that the client runs itself. The provider runs all others, at a price per call. OpenRouter's
 * `openrouter:advisor` and `openrouter:subagent` call a model that the request selects.
 */
const clientTools: ReadonlySet<unknown> = new Set([undefined, null, "function", "custom"]);

/**
 * Checks the body of a caller who may use only some models.
 * @param body the parsed request body.
 * @throws RelayError `model_selector_not_allowed`, which names the member.
 */
export function assertOneModel(body: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(body)) {
    if (choosesModel(name, value)) {
      throw new RelayError(
        "model_selector_not_allowed",
        `This key allows only some models, so it cannot send \`${printable(name)}\`: a provider could take another model, ` +
          "or a higher price, from it. Remove it, and name the model in `model`.",
        { param: printable(name) },
      );
    }
  }
}

function choosesModel(name: string, value: unknown): boolean {
  const known = folded(name);
  switch (known) {
    case "model":
      return name !== "model";
    case "servicetier":
      return !ordinaryTiers.has(value);
    case "tools":
      return Array.isArray(value) && value.some((tool) => isRecord(tool) && runsElsewhere(tool));
    default:
      return foldedSelectors.has(known);
  }
}

function runsElsewhere(tool: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(tool).some(
    ([name, value]) => folded(name) === "type" && !clientTools.has(value),
  );
}

/**
 * Normalizes a name, so that all spellings that some server accepts are equal:
 *
 * - Go's encoding/json uses Unicode's simple case folding: U+017F (ſ) equals `s`, U+212A (the Kelvin sign) equals `k`. Its
 *   second version may also ignore `-` and `_`.
 * - cJSON and other users of C strings fold ASCII and stop at a NUL.
 */
function folded(name: string): string {
  const [text = ""] = name.split("\0", 1);
  return text.toUpperCase().toLowerCase().replaceAll(/[-_]/g, "");
}

const foldedSelectors: ReadonlySet<string> = new Set(Object.values(selectors).flat().map(folded));

/** A member's name for an error message: escaped and shortened, because clients choose names freely. */
function printable(name: string): string {
  return JSON.stringify(name).slice(1, -1).slice(0, 64);
}
