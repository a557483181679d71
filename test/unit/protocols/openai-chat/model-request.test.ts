/** How a chat completion's body is read for a provider that speaks another protocol. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RelayError } from "../../../../src/errors.ts";
import { readModelRequest } from "../../../../src/protocols/openai-chat/model-request.ts";

type Body = Readonly<Record<string, unknown>>;

const read = (body: Body) => readModelRequest({ messages: [], ...body });
const [textPart] = read({ messages: [{ role: "user", content: "hi" }] }).messages;

/** The path of what is wrong with a body; undefined if it is taken. */
function flawOf(body: Body): unknown {
  try {
    read(body);
  } catch (error) {
    if (error instanceof RelayError && error.code === "invalid_body") {
      return error.param;
    }
    throw error;
  }
  return undefined;
}

/** The first part of a user's message. */
const partOf = (part: object) => {
  const { messages } = read({ messages: [{ role: "user", content: [part] }] });
  return messages[0]?.parts[0];
};

describe("messages", () => {
  test("have a text as one part", () => {
    expect(textPart).toEqual({
      role: "user",
      path: "messages[0]",
      name: undefined,
      parts: [{ kind: "text", path: "messages[0].content", text: "hi", cacheControl: undefined }],
    });
  });

  test.each(["system", "developer", "user"])("of the role %s have a name", (role) => {
    const { messages } = read({ messages: [{ role, content: [], name: "ann" }] });
    expect(messages).toEqual([{ role, path: "messages[0]", parts: [], name: "ann" }]);
  });

  test("of the assistant have calls, reasoning and opaque state", () => {
    const call = { id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } };
    const { messages, unknownMembers } = read({
      messages: [
        {
          role: "assistant",
          content: null,
          refusal: "no",
          reasoning_content: "hm",
          reasoning_details: [{ type: "thinking" }, "x"],
          tool_calls: [
            { ...call, extra_content: { google: 1 }, cache_control: { type: "ephemeral" } },
            { ...call, id: "c2", function: { name: "g" }, index: 1, extra_content: "x" },
          ],
          annotations: [],
          audio: null,
          function_call: null,
        },
      ],
    });
    expect(messages).toEqual([
      {
        role: "assistant",
        path: "messages[0]",
        parts: [],
        name: undefined,
        refusal: "no",
        reasoning: "hm",
        opaque: [{ type: "thinking" }],
        calls: [
          {
            path: "messages[0].tool_calls[0]",
            id: "c1",
            name: "f",
            arguments: '{"a":1}',
            opaque: { google: 1 },
            cacheControl: { type: "ephemeral" },
          },
          {
            path: "messages[0].tool_calls[1]",
            id: "c2",
            name: "g",
            arguments: "",
            opaque: undefined,
            cacheControl: undefined,
          },
        ],
      },
    ]);
    expect(unknownMembers).toEqual([]);
  });

  test("of the assistant may have their reasoning by its other name", () => {
    const { messages } = read({ messages: [{ role: "assistant", reasoning: "hm" }] });
    expect(messages).toMatchObject([{ reasoning: "hm" }]);
  });

  test("of tools have the id of their call", () => {
    const { messages } = read({ messages: [{ role: "tool", tool_call_id: "c1", content: "x" }] });
    expect(messages).toMatchObject([{ role: "tool", callId: "c1", parts: [{ text: "x" }] }]);
  });
});

describe("parts", () => {
  const shared = { path: "messages[0].content[0]", cacheControl: undefined };

  test("may be texts, with their marks for a cache", () => {
    const cache_control = { type: "ephemeral", ttl: "1h" };
    expect(partOf({ type: "text", text: "a", cache_control })).toEqual({
      ...shared,
      kind: "text",
      text: "a",
      cacheControl: cache_control,
    });
    expect(partOf({ type: "refusal", refusal: "no" })).toEqual({
      ...shared,
      kind: "text",
      text: "no",
    });
  });

  test.each([
    ["https://x/a.png", { kind: "url", url: "https://x/a.png" }],
    ["data:image/png;base64,AA", { kind: "data", mediaType: "image/png", base64: "AA" }],
    ["data:image/png;x=y;base64,A,A", { kind: "data", mediaType: "image/png", base64: "A,A" }],
    ["data:;base64,AA", { kind: "data", mediaType: "text/plain", base64: "AA" }],
    ["data:image/png,AA", { kind: "url", url: "data:image/png,AA" }],
    ["data:image/png;base64", { kind: "url", url: "data:image/png;base64" }],
    ["", { kind: "url", url: "" }],
  ])("may be images: %s", (url, source) => {
    expect(partOf({ type: "image_url", image_url: { url, detail: "low" } })).toEqual({
      ...shared,
      kind: "image",
      source,
      detail: "low",
    });
    expect(partOf({ type: "image_url", image_url: url })).toMatchObject({ source });
  });

  test("may be audio", () => {
    expect(partOf({ type: "input_audio", input_audio: { data: "AA", format: "wav" } })).toEqual({
      ...shared,
      kind: "audio",
      base64: "AA",
      format: "wav",
    });
  });

  test.each([
    [{ file_id: "f1" }, { kind: "id", id: "f1" }],
    [
      { file_data: "data:text/plain;base64,AA" },
      { kind: "data", mediaType: "text/plain", base64: "AA" },
    ],
    [{ file_data: "AA" }, { kind: "data", mediaType: "application/pdf", base64: "AA" }],
    [{ file_data: "https://x/a.pdf" }, { kind: "url", url: "https://x/a.pdf" }],
  ])("may be files: %j", (file, source) => {
    expect(partOf({ type: "file", file: { ...file, filename: "a.pdf" } })).toEqual({
      ...shared,
      kind: "file",
      source,
      filename: "a.pdf",
    });
  });

  test("of other types are a vendor's, as they came", () => {
    const value = { type: "document", source: { a: 1 }, cache_control: { type: "ephemeral" } };
    expect(partOf(value)).toEqual({
      ...shared,
      kind: "vendor",
      value,
      cacheControl: value.cache_control,
    });
  });
});

describe("tools", () => {
  test("are functions, or a vendor's own", () => {
    const parameters = { type: "object" };
    const own = { type: "web_search_20260209", name: "web_search", odd: 1 };
    const { tools, unknownMembers } = read({
      tools: [
        { type: "function", function: { name: "f", description: "d", parameters, strict: true } },
        { type: "function", function: { name: "g", parameters: null }, cache_control: { a: 1 } },
        { type: "function", function: { name: "h", cache_control: { b: 1 } } },
        own,
      ],
    });
    const plain = { description: undefined, parameters: undefined, strict: undefined };
    expect(tools).toEqual([
      {
        kind: "function",
        path: "tools[0]",
        name: "f",
        description: "d",
        parameters,
        strict: true,
        cacheControl: undefined,
      },
      { kind: "function", path: "tools[1]", name: "g", ...plain, cacheControl: { a: 1 } },
      { kind: "function", path: "tools[2]", name: "h", ...plain, cacheControl: { b: 1 } },
      { kind: "vendor", path: "tools[3]", value: own },
    ]);
    expect(unknownMembers).toEqual([]);
  });

  test.each([
    [undefined, undefined],
    [null, undefined],
    ["auto", { kind: "auto" }],
    ["none", { kind: "none" }],
    ["required", { kind: "required" }],
    [
      { type: "function", function: { name: "f" } },
      { kind: "function", name: "f" },
    ],
  ])("may be chosen: %j", (tool_choice, choice) => {
    expect(read({ tool_choice }).toolChoice).toEqual(choice);
  });
});

test("all other members are parameters", () => {
  const request = read({
    model: "m1",
    stream: true,
    stream_options: { include_usage: true },
    tools: [],
    tool_choice: "auto",
    seed: 1,
    top_k: 2,
    user: null,
  });
  expect(request).toMatchObject({ stream: true, includesUsage: true });
  expect(request.parameters).toEqual({ seed: 1, top_k: 2, user: null });
  expect(read({ stream: 1, stream_options: { include_usage: 1 } })).toMatchObject({
    stream: false,
    includesUsage: false,
  });
});

test("members that chat completions does not have are named once", () => {
  const { unknownMembers } = read({
    messages: [
      { role: "user", content: "a", foo: 1, gone: null },
      {
        role: "assistant",
        content: [{ type: "text", text: "a", bar: 1 }],
        foo: 2,
        function_call: { name: "f", arguments: "{}" },
        tool_calls: [{ id: "c", function: { name: "f" }, baz: 1 }],
      },
    ],
    tools: [{ type: "function", function: { name: "f", qux: 1 }, odd: 1 }],
  });
  expect(unknownMembers.toSorted()).toEqual([
    "messages.content.bar",
    "messages.foo",
    "messages.function_call",
    "messages.tool_calls.baz",
    "tools.function.qux",
    "tools.odd",
  ]);
});

describe("what is wrong is named by its path", () => {
  const message = (value: unknown): Body => ({ messages: [{ role: "user" }, value] });
  const part = (value: unknown) => message({ role: "user", content: [value] });
  const call = (value: unknown) => message({ role: "assistant", tool_calls: [value] });
  const tool = (value: unknown): Body => ({ tools: [value] });
  const at = "messages[1]";
  test.each([
    [{ messages: {} }, "messages"],
    [message("hi"), at],
    [message({}), `${at}.role`],
    [message({ role: "robot" }), `${at}.role`],
    [message({ role: "user", content: 5 }), `${at}.content`],
    [message({ role: "user", content: {} }), `${at}.content`],
    [message({ role: "user", name: 5 }), `${at}.name`],
    [message({ role: "tool" }), `${at}.tool_call_id`],
    [message({ role: "assistant", refusal: [] }), `${at}.refusal`],
    [message({ role: "assistant", reasoning_content: {} }), `${at}.reasoning_content`],
    [message({ role: "assistant", reasoning_details: {} }), `${at}.reasoning_details`],
    [message({ role: "assistant", tool_calls: {} }), `${at}.tool_calls`],
    [part("x"), `${at}.content[0]`],
    [part({}), `${at}.content[0].type`],
    [part({ type: "text" }), `${at}.content[0].text`],
    [part({ type: "refusal" }), `${at}.content[0].refusal`],
    [part({ type: "image_url" }), `${at}.content[0].image_url`],
    [part({ type: "image_url", image_url: {} }), `${at}.content[0].image_url.url`],
    [
      part({ type: "image_url", image_url: { url: "", detail: 1 } }),
      `${at}.content[0].image_url.detail`,
    ],
    [part({ type: "input_audio" }), `${at}.content[0].input_audio`],
    [part({ type: "input_audio", input_audio: {} }), `${at}.content[0].input_audio.data`],
    [
      part({ type: "input_audio", input_audio: { data: "" } }),
      `${at}.content[0].input_audio.format`,
    ],
    [part({ type: "file" }), `${at}.content[0].file`],
    [part({ type: "file", file: {} }), `${at}.content[0].file`],
    [part({ type: "file", file: { file_id: 1 } }), `${at}.content[0].file.file_id`],
    [part({ type: "file", file: { file_data: 1 } }), `${at}.content[0].file.file_data`],
    [part({ type: "file", file: { filename: 1 } }), `${at}.content[0].file.filename`],
    [call("x"), `${at}.tool_calls[0]`],
    [call({ id: "c" }), `${at}.tool_calls[0].function`],
    [call({ function: { name: "f" } }), `${at}.tool_calls[0].id`],
    [call({ id: "c", function: {} }), `${at}.tool_calls[0].function.name`],
    [
      call({ id: "c", function: { name: "f", arguments: {} } }),
      `${at}.tool_calls[0].function.arguments`,
    ],
    [{ tools: {} }, "tools"],
    [tool("x"), "tools[0]"],
    [tool({}), "tools[0].type"],
    [tool({ type: "function" }), "tools[0].function"],
    [tool({ type: "function", function: {} }), "tools[0].function.name"],
    [
      tool({ type: "function", function: { name: "f", description: 1 } }),
      "tools[0].function.description",
    ],
    [
      tool({ type: "function", function: { name: "f", parameters: [] } }),
      "tools[0].function.parameters",
    ],
    [{ tool_choice: "any" }, "tool_choice"],
    [{ tool_choice: { type: "function" } }, "tool_choice"],
    [{ tool_choice: { function: { name: 5 } } }, "tool_choice"],
  ])("%j: %s", (body: Body, path) => {
    expect(flawOf(body)).toBe(path);
  });
});

test("no body makes it throw anything else, and no parameter is lost", () => {
  const odd = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>("__proto__", "data:", "data:,", "data:;base64,", -1, 1e308),
  );
  const some = (members: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
    fc.oneof({ weight: 6, arbitrary: fc.record(members, { requiredKeys: [] }) }, odd);
  const list = (item: fc.Arbitrary<unknown>) => fc.oneof(fc.array(item, { maxLength: 3 }), odd);
  const part = some({
    type: fc.oneof(fc.constantFrom("text", "image_url", "input_audio", "file", "x"), odd),
    text: odd,
    image_url: some({ url: odd, detail: odd }),
    input_audio: some({ data: odd, format: odd }),
    file: some({ file_id: odd, file_data: odd, filename: odd }),
    ["__proto__"]: odd,
  });
  const called = some({ name: odd, arguments: odd, parameters: odd, description: odd });
  const message = some({
    role: fc.oneof(fc.constantFrom("system", "user", "assistant", "tool"), odd),
    content: list(part),
    name: odd,
    tool_call_id: odd,
    tool_calls: list(some({ id: odd, function: called, extra_content: odd })),
    reasoning: odd,
    reasoning_details: odd,
    ["__proto__"]: odd,
  });
  const body = fc.record(
    {
      messages: list(message),
      tools: list(some({ type: fc.oneof(fc.constant("function"), odd), function: called })),
      tool_choice: odd,
      stream: odd,
      stream_options: odd,
      seed: odd,
      ["__proto__"]: odd,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(body, (members) => {
      const flaw = flawOf(members);
      expect(flaw === undefined || typeof flaw === "string").toBe(true);
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (parameters) => {
      const known = ["model", "messages", "stream", "stream_options", "tools", "tool_choice"];
      fc.pre(known.every((name) => !Object.hasOwn(parameters, name)));
      expect(Object.entries(read(parameters).parameters)).toEqual(Object.entries(parameters));
    }),
  );
});
