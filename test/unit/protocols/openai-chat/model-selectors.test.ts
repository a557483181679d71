import { describe, expect, test } from "vitest";
import { assertOneModel } from "../../../../src/protocols/openai-chat/model-selectors.ts";

/** The refused member, or undefined. */
function refused(json: string): string | null | undefined {
  try {
    assertOneModel(JSON.parse(json));
    return undefined;
  } catch (error) {
    return (error as { param: string | null }).param;
  }
}

describe("a member is refused", () => {
  test.each([
    ["Model", "Model"],
    ["MODEL", "MODEL"],
    ["\\u004dodel", "Model"],
    ["mo_del", "mo_del"],
    ["model\\u0000x", "model\\u0000x"],
    ["models", "models"],
    ["mode\\u006cs", "models"],
    ["model\u017f", "model\u017f"],
    ["Models", "Models"],
    ["route", "route"],
    ["provider", "provider"],
    ["preset", "preset"],
    ["plugins", "plugins"],
    ["fallbac\u212as", "fallbac\u212as"],
    ["extra_body", "extra_body"],
    ["extraBody", "extraBody"],
    ["providerOptions", "providerOptions"],
    ["provider_options", "provider_options"],
  ])("in every spelling that a server may accept: %s", (name, param) => {
    expect(refused(`{"model":"a/m1","messages":[],"${name}":"x"}`)).toBe(param);
  });

  test.each([
    '"service_tier":"priority"',
    '"Service_Tier":"performance"',
    '"tools":[{"type":"function"},{"type":"openrouter:advisor"}]',
    '"tools":[{"Type":"web_search"}]',
  ])("that raises the price of the model: %s", (member) => {
    expect(refused(`{"model":"a/m1",${member}}`)).toBe(/"(.*?)"/.exec(member)?.[1]);
  });

  test("with its name truncated in the error", () => {
    expect(refused(`{"model\\u0000${"x".repeat(1000)}":1}`)?.length).toBe(64);
  });
});

test("accepts all members of OpenAI's own requests", () => {
  const body = {
    model: "a/m1",
    messages: [],
    stream: true,
    stream_options: { include_usage: true },
    temperature: 1,
    n: 2,
    service_tier: "auto",
    tools: [{ type: "function", function: { name: "model" } }, { type: "custom" }, {}, 1],
    tool_choice: { type: "openrouter:advisor" },
    metadata: { models: "x", route: "y" },
    modalities: ["text"],
    user: "u",
    input: "x",
    dimensions: 3,
  };
  expect(refused(JSON.stringify(body))).toBe(undefined);
});
