/** Members of a request body that choose a model beside `model`, or that make the same model dearer. Pure. */
import { RelayError } from "../../errors.ts";
import { isRecord } from "../../text/json.ts";

/**
 * Members by which a provider, or a gateway in front of providers, lets a request choose another model, another provider, or a
 * dearer way to be served. Spelled as the vendor's documentation spells them; `folded` matches every other spelling.
 *
 * Servers where `model` alone decides, by their documentation: vLLM, Ollama, llama.cpp, DeepSeek, Fireworks, Cerebras and
 * Cloudflare's gateway (it routes by headers, which do not cross the relay).
 */
const selectors = {
  /** Fallback models, the rule among them, the provider (and its price), a stored request, and plugins: models and searches of their own. */
  openRouter: ["models", "route", "provider", "preset", "plugins"],
  /** A web search, which has a price for each request. OpenRouter and Perplexity have it, too. */
  openAi: ["web_search_options"],
  /** The same model, faster, for several times the price. */
  anthropic: ["speed"],
  /**
   * Fallbacks (Bifrost has them, too); a router of the client's own; a deployment, or those with a tag; a stored prompt, which has
   * a model; another server; and members that are merged into the request that it sends on.
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
  /** `gateway.models` and `gateway.order` in it. */
  vercel: ["providerOptions"],
  /** A config, which has targets and overrides, or its parts. */
  portkey: ["config", "strategy", "targets", "override_params", "virtual_key"],
  /** The deployment (`engine` in OpenAI's oldest API), and data sources, which name deployments and searches of their own. */
  azure: ["deployment", "deployment_id", "engine", "data_sources"],
  /** The models that reason and answer in a compound system. */
  groq: ["compound_custom"],
  /** A model that moderates, with a price of its own. */
  together: ["safety_model"],
  /** A fine-tuned adapter, which elsewhere is a model of its own. */
  sgLang: ["lora_path"],
  loRax: ["adapter_id", "adapter_source"],
  /** Searches, with a price for each. */
  xAi: ["search_parameters"],
  alibaba: ["enable_search"],
};

/**
 * Service tiers that cost no more than none (OpenAI, Azure, Groq, Google). Any other, such as `priority`, costs more, or is not
 * known.
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
 * Tools that the client runs itself. Any other is run by the provider, at a price for each call; OpenRouter's
 * `openrouter:advisor` and `openrouter:subagent` ask a model of the request's choosing.
 */
const clientTools: ReadonlySet<unknown> = new Set([undefined, null, "function", "custom"]);

/**
 * @param body a parsed request body, for a caller who may use some models only.
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
 * One spelling for all names that some server takes for the same. Go's encoding/json folds case as Unicode's simple folding does,
 * so that U+017F (ſ) is an s and U+212A (the Kelvin sign) a k; its second version may leave out `-` and `_`, too. cJSON, and
 * whatever else has C strings, folds ASCII and stops at a NUL.
 */
function folded(name: string): string {
  const [text = ""] = name.split("\0", 1);
  return text.toUpperCase().toLowerCase().replaceAll(/[-_]/g, "");
}

const foldedSelectors: ReadonlySet<string> = new Set(Object.values(selectors).flat().map(folded));

/** A member's name for a message: names are as long as their senders like. */
function printable(name: string): string {
  return JSON.stringify(name).slice(1, -1).slice(0, 64);
}
