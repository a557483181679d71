/**
 * What each protocol says of a request's parameters, as the table of docs/providers.md. It is not written by hand: each
 * protocol's own encoder is asked with each parameter alone. `node scripts/providers.ts` writes it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { readModelRequest } from "../src/protocols/openai-chat/model-request.ts";
import type { Wire } from "../src/protocols/wire.ts";
import { wires } from "../src/protocols/wires.ts";
import { replaceMarked } from "./marked.ts";

/** A usual value of each parameter of chat completions. */
const samples: Readonly<Record<string, unknown>> = {
  max_completion_tokens: 100,
  max_tokens: 100,
  temperature: 0.5,
  top_p: 0.5,
  stop: ["END"],
  seed: 1,
  frequency_penalty: 0.5,
  presence_penalty: 0.5,
  n: 2,
  logprobs: true,
  top_logprobs: 2,
  logit_bias: { "50256": -100 },
  "response_format: json_schema": { type: "json_schema", json_schema: { name: "a", schema: {} } },
  "response_format: json_object": { type: "json_object" },
  reasoning_effort: "low",
  verbosity: "low",
  user: "u1",
  safety_identifier: "u1",
  metadata: { purpose: "test" },
  service_tier: "default",
  prompt_cache_key: "k1",
  store: true,
  modalities: ["text", "audio"],
  prediction: { type: "content", content: "x" },
  web_search_options: {},
};

const tool = {
  type: "function",
  function: { name: "f", parameters: { type: "object" }, strict: true },
};

/** What belongs to tools, with a tool beside it. */
const toolSamples: Readonly<Record<string, object>> = {
  "tools[].function.strict": {},
  "tool_choice: auto": { tool_choice: "auto" },
  "tool_choice: none": { tool_choice: "none" },
  "tool_choice: required": { tool_choice: "required" },
  "tool_choice: a function": { tool_choice: { type: "function", function: { name: "f" } } },
  "parallel_tool_calls: false": { parallel_tool_calls: false },
};

const columns = new Map(wires.map((wire) => [wire.apis[0] ?? "", wire]));

/** The table, as Markdown. */
export function parameterTable(): string {
  const rows = [
    ...Object.entries(samples).map(([name, value]) => ({
      name,
      more: { [name.split(":", 1)[0] ?? ""]: value },
    })),
    ...Object.entries(toolSamples).map(([name, more]) => ({
      name,
      more: { tools: [tool], ...more },
    })),
  ];
  const plain = new Map([...columns].map(([api, wire]) => [api, droppedBy(wire, {})]));
  const lines = rows.map(({ name, more }) => {
    const cells = [...columns].map(([api, wire]) => {
      const dropped = droppedBy(wire, more).filter((member) => !plain.get(api)?.includes(member));
      const isAboutTools = "tools" in more;
      const own = isAboutTools
        ? dropped.filter((member) => member in more || isStrict(name, member))
        : dropped;
      return own.length === 0 ? "yes" : "named";
    });
    return `| \`${name}\` | ${cells.join(" | ")} |`;
  });
  const head = ["Parameter", ...[...columns.keys()].map((api) => `\`${api}\``)];
  return [`| ${head.join(" | ")} |`, `|${" --- |".repeat(head.length)}`, ...lines].join("\n");
}

function isStrict(name: string, member: string): boolean {
  return name === "tools[].function.strict" && member.includes("strict");
}

function droppedBy(wire: Wire, more: object): readonly string[] {
  const request = readModelRequest({ messages: [{ role: "user", content: "hi" }], ...more });
  return wire.encode(request, {
    model: {
      id: "m",
      maxTokens: 8192,
      isReasoning: true,
      efforts: undefined,
      acceptsSampling: true,
      thinksByEffort: false,
    },
    baseUrl: "https://provider.example/v1",
    remembered: () => [],
  }).dropped;
}

export const page = new URL("../docs/providers.md", import.meta.url);

if (import.meta.main) {
  writeFileSync(page, replaceMarked(readFileSync(page, "utf8"), "parameters", parameterTable()));
}
