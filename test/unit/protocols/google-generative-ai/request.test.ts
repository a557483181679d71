import { describe, expect, test } from "vitest";
import {
  googleGenerativeAi,
  googleVertex,
} from "../../../../src/protocols/google-generative-ai/wire.ts";
import { readModelRequest } from "../../../../src/protocols/openai-chat/model-request.ts";
import type { EncodeContext, ModelFacts } from "../../../../src/protocols/wire.ts";

const user = { role: "user", content: "hi" };
const facts: ModelFacts = {
  id: "gemini-x",
  maxTokens: undefined,
  isReasoning: true,
  efforts: undefined,
  acceptsSampling: true,
  thinksByEffort: false,
};

interface Options {
  readonly model?: Partial<ModelFacts>;
  readonly remembered?: EncodeContext["remembered"];
  readonly baseUrl?: string;
  readonly wire?: typeof googleGenerativeAi;
}

function encode(body: object, options: Options = {}) {
  const {
    model,
    remembered = () => [],
    baseUrl = "https://generativelanguage.googleapis.com/v1beta",
    wire = googleGenerativeAi,
  } = options;
  const request = readModelRequest({ messages: [user], ...body });
  return wire.encode(request, { model: { ...facts, ...model }, baseUrl, remembered });
}

const call = (id: string, more: object = {}) => ({
  id,
  type: "function",
  function: { name: `run_${id}`, arguments: '{"x":1}' },
  ...more,
});
const assistant = (...calls: object[]) => ({ role: "assistant", content: null, tool_calls: calls });
const result = (id: string, content: unknown = "ok") => ({
  role: "tool",
  tool_call_id: id,
  content,
});
const contents = (messages: readonly object[], options?: Options) =>
  encode({ messages }, options).body["contents"];
const partOf = (part: object) => {
  const { body, dropped } = encode({ messages: [{ role: "user", content: [part] }] });
  const [{ parts }] = body["contents"] as [{ parts: unknown[] }];
  return { part: parts[0], dropped };
};
const config = (body: object, model?: Partial<ModelFacts>) => {
  const { body: written, dropped } = encode(body, model === undefined ? {} : { model });
  return { config: written["generationConfig"], dropped };
};

describe("the path", () => {
  test.each([
    ["gemini-x", "/models/gemini-x:streamGenerateContent?alt=sse"],
    ["models/gemini-x", "/models/gemini-x:streamGenerateContent?alt=sse"],
    ["google/gemini-x", "/models/gemini-x:streamGenerateContent?alt=sse"],
    ["a/../b?c#d", "/models/a%2F..%2Fb%3Fc%23d:streamGenerateContent?alt=sse"],
  ])("of the model %s is %s", (id, path) => {
    expect(encode({}, { model: { id } }).path).toBe(path);
  });

  test.each([
    ["https://aiplatform.googleapis.com", "/v1/publishers/google/models/m"],
    ["https://aiplatform.googleapis.com/v1", "/publishers/google/models/m"],
    ["https://a.example/v1beta1/projects/p/locations/l", "/publishers/google/models/m"],
  ])("on Vertex AI at %s is %s", (baseUrl, path) => {
    const encoded = encode({}, { wire: googleVertex, baseUrl, model: { id: "m" } });
    expect(encoded.path).toBe(`${path}:streamGenerateContent?alt=sse`);
  });

  test("the key is in Google's header", () => {
    expect(googleGenerativeAi.credentialHeaders("k")).toEqual({ "x-goog-api-key": "k" });
  });
});

describe("messages", () => {
  test("system messages become the system instruction", () => {
    const { body, dropped } = encode({
      messages: [{ role: "system", content: "a" }, { role: "developer", content: "b" }, user],
    });
    expect(body["systemInstruction"]).toEqual({ parts: [{ text: "a" }, { text: "b" }] });
    expect(body["contents"]).toEqual([{ role: "user", parts: [{ text: "hi" }] }]);
    expect(dropped).toEqual([]);
  });

  test("a later system message is moved to the front, and its role is named", () => {
    const { body, dropped } = encode({ messages: [user, { role: "system", content: "late" }] });
    expect(body["systemInstruction"]).toEqual({ parts: [{ text: "late" }] });
    expect(dropped).toEqual(["messages.role"]);
  });

  test("neighbours of one role become one content", () => {
    expect(contents([user, { ...user, content: "there" }])).toEqual([
      { role: "user", parts: [{ text: "hi" }, { text: "there" }] },
    ]);
  });

  test("names of speakers are named", () => {
    expect(encode({ messages: [{ ...user, name: "Ann" }] }).dropped).toEqual(["messages.name"]);
  });

  test("the model's reasoning, words and refusal are sent back in order", () => {
    const message = { role: "assistant", content: "a", reasoning_content: "r", refusal: "no" };
    expect(contents([user, message])).toEqual([
      { role: "user", parts: [{ text: "hi" }] },
      { role: "model", parts: [{ text: "r", thought: true }, { text: "a" }, { text: "no" }] },
    ]);
  });
});

describe("parts", () => {
  test.each([
    [
      "an image's data",
      { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      { inlineData: { mimeType: "image/png", data: "AAAA" } },
    ],
    [
      "an image in Cloud Storage",
      { type: "image_url", image_url: { url: "gs://bucket/cat.JPG" } },
      { fileData: { mimeType: "image/jpeg", fileUri: "gs://bucket/cat.JPG" } },
    ],
    [
      "a video on YouTube",
      { type: "image_url", image_url: { url: "https://www.youtube.com/watch?v=1" } },
      { fileData: { fileUri: "https://www.youtube.com/watch?v=1" } },
    ],
    [
      "audio",
      { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } },
      { inlineData: { mimeType: "audio/mp3", data: "AAAA" } },
    ],
    [
      "a file's data",
      { type: "file", file: { file_data: "data:application/pdf;base64,AAAA" } },
      { inlineData: { mimeType: "application/pdf", data: "AAAA" } },
    ],
    [
      "an uploaded file",
      { type: "file", file: { file_id: "files/abc" } },
      { fileData: { fileUri: "https://generativelanguage.googleapis.com/v1beta/files/abc" } },
    ],
    [
      "a part of Google's own",
      { type: "fileData", fileData: { fileUri: "gs://b/c", mimeType: "video/mp4" } },
      { fileData: { fileUri: "gs://b/c", mimeType: "video/mp4" } },
    ],
  ])("%s", (_what, part, written) => {
    expect(partOf(part)).toEqual({ part: written, dropped: [] });
  });

  test.each([["http://a.example/cat"], ["https://a.example/cat"]])(
    "an image at %s is Google's to fetch",
    (url) => {
      expect(partOf({ type: "image_url", image_url: { url } }).part).toEqual({
        fileData: { fileUri: url },
      });
    },
  );

  test("what Google has no word for is named", () => {
    const image = { url: "data:image/png;base64,AAAA", detail: "high" };
    const cache = { cache_control: { type: "ephemeral" } };
    expect(partOf({ type: "image_url", image_url: image, ...cache }).dropped).toEqual([
      "messages.content.cache_control",
      "messages.content.image_url.detail",
    ]);
    const file = { file_data: "data:text/plain;base64,AAAA", filename: "a.txt" };
    expect(partOf({ type: "file", file }).dropped).toEqual(["messages.content.file.filename"]);
  });
});

describe("calls and results", () => {
  test("are in turns, with the function's name looked up by the call's id", () => {
    const messages = [user, assistant(call("a"), call("b")), result("b"), result("a", '{"y":2}')];
    expect(contents(messages)).toEqual([
      { role: "user", parts: [{ text: "hi" }] },
      {
        role: "model",
        parts: [
          { functionCall: { id: "a", name: "run_a", args: { x: 1 } } },
          { functionCall: { id: "b", name: "run_b", args: { x: 1 } } },
        ],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { id: "b", name: "run_b", response: { output: "ok" } } },
          { functionResponse: { id: "a", name: "run_a", response: { y: 2 } } },
        ],
      },
    ]);
  });

  test("have no ids on Vertex AI", () => {
    const written = contents([assistant(call("a")), result("a")], { wire: googleVertex });
    expect(JSON.stringify(written)).not.toContain('"id"');
  });

  test.each([
    ["nothing", [], { output: "" }],
    ["a list", "[1]", { output: "[1]" }],
    [
      "several texts",
      [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
      { output: ["a", "b"] },
    ],
  ])("a result of %s is an object", (_what, content, response) => {
    expect(contents([assistant(call("a")), result("a", content)])).toMatchObject([
      {},
      { parts: [{ functionResponse: { response } }] },
    ]);
  });

  test("an image in a result is a part of it", () => {
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
    expect(contents([assistant(call("a")), result("a", [image])])).toMatchObject([
      {},
      {
        parts: [
          {
            functionResponse: {
              response: { output: "" },
              parts: [{ inlineData: { mimeType: "image/png", data: "AAAA" } }],
            },
          },
        ],
      },
    ]);
  });

  test("a mark for Anthropic's cache is named, wherever it is", () => {
    const mark = { cache_control: { type: "ephemeral" } };
    const messages = [
      assistant(call("a", mark)),
      result("a", [{ type: "text", text: "ok", ...mark }]),
    ];
    const tools = [{ type: "function", function: { name: "f" }, ...mark }];
    expect(encode({ messages, tools, ...mark }).dropped).toEqual([
      "messages.tool_calls.cache_control",
      "messages.content.cache_control",
      "tools.cache_control",
      "cache_control",
    ]);
  });

  test.each([
    ["a result without its call", [user, result("a")], "messages[1].tool_call_id"],
    [
      "arguments that are no object",
      [assistant(call("a", { function: { name: "f", arguments: "[]" } }))],
      "messages[0].tool_calls[0].function.arguments",
    ],
  ])("%s is refused with its path", (_what, messages, path) => {
    expect(() => contents(messages)).toThrow(
      expect.objectContaining({
        code: "unsupported_params",
        status: 400,
        message: expect.stringContaining(`\`${path}\``),
      }),
    );
  });

  test("a call without arguments has an empty object", () => {
    expect(contents([assistant(call("a", { function: { name: "f", arguments: "" } }))])).toEqual([
      { role: "model", parts: [{ functionCall: { id: "a", name: "f", args: {} } }] },
    ]);
  });
});

describe("signatures of reasoning", () => {
  const google = (signature: string) => ({ google: { thought_signature: signature } });
  const signaturesOf = (messages: readonly object[], options?: Options) => {
    const [{ parts }] = contents(messages, options) as [{ parts: { thoughtSignature?: string }[] }];
    return parts.map(({ thoughtSignature }) => thoughtSignature);
  };

  test("the client's copy comes before what is remembered", () => {
    const signatures = signaturesOf(
      [assistant(call("a", { extra_content: google("client") }), call("b"))],
      { remembered: (id) => [google(`remembered ${id}`)] },
    );
    expect(signatures).toEqual(["client", "remembered b"]);
  });

  test("without either, the first call has Google's placeholder, if the model insists on one", () => {
    const messages = [assistant(call("a"), call("b"))];
    expect(signaturesOf(messages, { model: { thinksByEffort: true } })).toEqual([
      "skip_thought_signature_validator",
      undefined,
    ]);
    expect(signaturesOf(messages)).toEqual([undefined, undefined]);
  });

  test("state of another provider is not sent", () => {
    const foreign = [
      { type: "thinking", thinking: "t", signature: "s" },
      { openai: { thought_signature: "s" } },
      { google: "s" },
    ];
    const message = {
      ...assistant(call("a", { extra_content: { anthropic: foreign[0] } })),
      content: "words",
      reasoning_details: foreign,
    };
    expect(signaturesOf([message], { remembered: () => foreign })).toEqual([undefined, undefined]);
  });

  test("a text's goes to the text's last part, and not to a call", () => {
    const state = { type: "text", ...google("of text") };
    const words = { role: "assistant", content: "words", reasoning_details: [state] };
    expect(contents([words])).toEqual([
      { role: "model", parts: [{ text: "words", thoughtSignature: "of text" }] },
    ]);
    const remembered = () => [state];
    expect(contents([assistant(call("a"))], { remembered })).toEqual([
      {
        role: "model",
        parts: [
          { text: "", thoughtSignature: "of text" },
          { functionCall: { id: "a", name: "run_a", args: { x: 1 } } },
        ],
      },
    ]);
  });
});

describe("tools", () => {
  const tool = { type: "function", function: { name: "f", parameters: { type: "object" } } };

  test("are one list of declarations, before Google's own tools", () => {
    const tools = [
      { type: "googleSearch" },
      tool,
      { type: "url_context", url_context: {} },
      { type: "function", function: { name: "g", description: "d" } },
    ];
    expect(encode({ tools }).body["tools"]).toEqual([
      {
        functionDeclarations: [
          { name: "f", parametersJsonSchema: { type: "object" } },
          { name: "g", description: "d" },
        ],
      },
      { googleSearch: {} },
      { url_context: {} },
    ]);
  });

  test("name `strict` if it is on", () => {
    const strict = (value: boolean) => [{ ...tool, function: { ...tool.function, strict: value } }];
    expect(encode({ tools: strict(true) }).dropped).toEqual(["tools.strict"]);
    expect(encode({ tools: strict(false) }).dropped).toEqual([]);
  });

  test.each([
    ["auto", { mode: "AUTO" }],
    ["none", { mode: "NONE" }],
    ["required", { mode: "ANY" }],
    [
      { type: "function", function: { name: "f" } },
      { mode: "ANY", allowedFunctionNames: ["f"] },
    ],
  ])("the choice %j is %j", (tool_choice, functionCallingConfig) => {
    expect(encode({ tools: [tool], tool_choice }).body["toolConfig"]).toEqual({
      functionCallingConfig,
    });
  });

  test("a choice joins the client's own configuration", () => {
    const toolConfig = {
      retrievalConfig: {},
      functionCallingConfig: { streamFunctionCallArguments: true },
    };
    expect(encode({ tools: [tool], tool_choice: "auto", toolConfig }).body["toolConfig"]).toEqual({
      retrievalConfig: {},
      functionCallingConfig: { streamFunctionCallArguments: true, mode: "AUTO" },
    });
  });

  test("without functions, `auto` and `none` are what is so anyway", () => {
    expect(encode({ tool_choice: "none" }).body).not.toHaveProperty("toolConfig");
  });

  test("calls one by one are not a choice of Google's", () => {
    expect(encode({ tools: [tool], parallel_tool_calls: false }).dropped).toEqual([
      "parallel_tool_calls",
    ]);
  });
});

describe("parameters", () => {
  test.each([
    [{ max_tokens: 5 }, { maxOutputTokens: 5 }],
    [{ max_tokens: 5, max_completion_tokens: 6 }, { maxOutputTokens: 6 }],
    [
      { temperature: 0, top_p: 0.5, top_k: 3 },
      { temperature: 0, topP: 0.5, topK: 3 },
    ],
    [
      { presence_penalty: 1, frequency_penalty: -1 },
      { presencePenalty: 1, frequencyPenalty: -1 },
    ],
    [{ seed: 7 }, { seed: 7 }],
    [{ stop: "END" }, { stopSequences: ["END"] }],
    [{ response_format: { type: "json_object" } }, { responseMimeType: "application/json" }],
    [
      { response_format: { type: "json_schema", json_schema: { name: "n", schema: { a: 1 } } } },
      { responseMimeType: "application/json", responseJsonSchema: { a: 1 } },
    ],
    [{ generationConfig: { mediaResolution: "LOW" } }, { mediaResolution: "LOW" }],
    [{ thinking_config: { thinking_budget: 9 } }, { thinkingConfig: { thinking_budget: 9 } }],
    [
      { extra_body: { google: { thinking_config: { thinking_budget: 9 } } } },
      { thinkingConfig: { thinking_budget: 9 } },
    ],
    [{ presence_penalty: 0, n: 1, response_format: { type: "text" } }, undefined],
  ])("%j is %j", (body, generationConfig) => {
    expect(config(body)).toEqual({ config: generationConfig, dropped: [] });
  });

  test.each([
    [{ n: 2 }, ["n"], undefined],
    [{ logprobs: true, top_logprobs: 2 }, ["logprobs", "top_logprobs"], undefined],
    [{ logit_bias: { 1: 2 } }, ["logit_bias"], undefined],
    [{ user: "u", metadata: { a: "b" } }, ["user", "metadata"], undefined],
    [{ seed: 2 ** 40 }, ["seed"], undefined],
    [
      { stop: ["a", "b", "c", "d", "e", "f"] },
      ["stop"],
      { stopSequences: ["a", "b", "c", "d", "e"] },
    ],
    [{ response_format: { type: "grammar" } }, ["response_format"], undefined],
    [{ temperature: 1, generationConfig: { temperature: 0 } }, ["temperature"], { temperature: 0 }],
    [{ extra_body: { google: { unheard_of: 1 } } }, ["extra_body"], undefined],
    [{ unheard_of: 1 }, ["unheard_of"], undefined],
  ])("of %j, %j is named", (body, dropped, generationConfig) => {
    expect(config(body)).toEqual({ config: generationConfig, dropped });
  });

  test("sampling is named for a model that refuses it", () => {
    expect(config({ temperature: 1, top_p: 1 }, { acceptsSampling: false })).toEqual({
      config: undefined,
      dropped: ["temperature", "top_p"],
    });
  });

  test("members of Google's body pass under both of their names", () => {
    const { body, dropped } = encode({
      safety_settings: [{ category: "C" }],
      cachedContent: "cachedContents/1",
      labels: { team: "a" },
    });
    expect(body).toMatchObject({
      safetySettings: [{ category: "C" }],
      cachedContent: "cachedContents/1",
      labels: { team: "a" },
    });
    expect(dropped).toEqual([]);
  });
});

describe("the reasoning effort", () => {
  const effort = (value: string, model?: Partial<ModelFacts>) =>
    config({ reasoning_effort: value }, model);
  const byEffort = { thinksByEffort: true };

  test.each([
    ["none", { thinkingBudget: 0 }],
    ["low", { thinkingBudget: 1024, includeThoughts: true }],
    ["medium", { thinkingBudget: 8192, includeThoughts: true }],
    ["max", { thinkingBudget: 24_576, includeThoughts: true }],
  ])("%s is a number of tokens: %j", (value, thinkingConfig) => {
    expect(effort(value)).toEqual({ config: { thinkingConfig }, dropped: [] });
  });

  test.each([
    ["minimal", "MINIMAL"],
    ["high", "HIGH"],
    ["xhigh", "HIGH"],
  ])("%s is the level %s, for a model that decides itself", (value, thinkingLevel) => {
    expect(effort(value, byEffort)).toEqual({
      config: { thinkingConfig: { thinkingLevel, includeThoughts: true } },
      dropped: [],
    });
  });

  test("is in the host's words where it has some", () => {
    const efforts = { high: "medium", minimal: null };
    expect(effort("high", { ...byEffort, efforts })).toMatchObject({
      config: { thinkingConfig: { thinkingLevel: "MEDIUM" } },
    });
    expect(effort("minimal", { ...byEffort, efforts })).toEqual({
      config: undefined,
      dropped: ["reasoning_effort"],
    });
  });

  test.each([
    ["none", byEffort],
    ["constructor", {}],
    ["constructor", { ...byEffort, efforts: {} }],
    ["low", { isReasoning: false }],
  ])("%s is named for a model that cannot do it: %j", (value, model) => {
    expect(effort(value, model)).toEqual({ config: undefined, dropped: ["reasoning_effort"] });
  });

  test("is named if the client has a thinking configuration of its own", () => {
    const own = { thinkingConfig: { thinkingBudget: 1 } };
    expect(config({ reasoning_effort: "low", generationConfig: own })).toEqual({
      config: own,
      dropped: ["reasoning_effort"],
    });
  });
});
