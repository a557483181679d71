import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  parseChatBody,
  parseEmbeddingsBody,
} from "../../../../src/protocols/openai-chat/request.ts";
import { RelayError } from "../../../../src/errors.ts";

const refusal = (body: string | Buffer): RelayError => {
  try {
    parseChatBody(Buffer.from(body));
  } catch (error) {
    return error as RelayError;
  }
  throw new Error("the body was taken");
};

describe("a chat body", () => {
  test("keeps every byte except the value of `model`", () => {
    const body = `{ "temperature":1e0,\n\t"model" : "openclaw" , "seed":12345678901234567890, "messages":[{"role":"user","content":"\\u00e9 \\"model\\": \\"x\\" é"}],"model_hint":"a","x":{"model":"inner"} }\n`;
    const sent = parseChatBody(Buffer.from(body)).withModel('qw"en').toString();
    expect(sent).toBe(body.replace('"openclaw"', '"qw\\"en"'));
  });

  test("gets a model as its first member if it has none", () => {
    const sent = parseChatBody(Buffer.from(' {"messages":[]}')).withModel("m1").toString();
    expect(sent).toBe(' {"model":"m1","messages":[]}');
  });

  test("requests stream usage if the client did not, and is otherwise unchanged", () => {
    const of = (body: string) =>
      parseChatBody(Buffer.from(body)).withStreamUsage()?.withModel("m1").toString();
    expect(of('{"model":"m1" , "messages":[1e0],"stream":true}')).toBe(
      '{"model":"m1" , "messages":[1e0],"stream":true,"stream_options":{"include_usage":true}}',
    );
    expect(of(' {"messages":[{"a":"}"}],"stream":true } ')).toBe(
      ' {"model":"m1","messages":[{"a":"}"}],"stream":true ,"stream_options":{"include_usage":true}}',
    );
    expect(
      of(
        '{"stream_options":{"include_usage":false,"x":1},"messages":[],"stream":true,"model":"m1"}',
      ),
    ).toBe(
      '{"messages":[],"stream":true,"model":"m1","stream_options":{"include_usage":true,"x":1}}',
    );
    expect(
      of('{"messages":[],"stream":true,"stream_options":{"include_usage":true}}'),
    ).toBeUndefined();
    expect(of('{"messages":[]}')).toBeUndefined();
  });

  test("is the same buffer if it already names the provider's model", () => {
    const bytes = Buffer.from('{"model":"m1","messages":[]}');
    expect(parseChatBody(bytes).withModel("m1")).toBe(bytes);
  });

  test("has no model if it is absent, null or white space", () => {
    for (const body of [
      '{"messages":[]}',
      '{"model":null,"messages":[]}',
      '{"model":" ","messages":[]}',
    ]) {
      expect(parseChatBody(Buffer.from(body)).model).toBeUndefined();
    }
  });

  test("requests a stream only with `stream: true`", () => {
    const asks = (stream: string) =>
      parseChatBody(Buffer.from(`{"messages":[],"stream":${stream}}`)).stream;
    expect([asks("true"), asks("false"), asks("null")]).toEqual([true, false, false]);
  });

  test("with a duplicate top-level model is refused, also if its name is escaped", () => {
    for (const second of ['"model"', '"mod\\u0065l"']) {
      const error = refusal(`{"model":"a","messages":[],${second}:"b"}`);
      expect(error.code).toBe("duplicate_model");
      expect(error.param).toBe("model");
    }
  });

  test.each([
    ["broken JSON", "{", null],
    ["an empty body", "", null],
    ["invalid UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), null],
    ["a byte order mark", '\uFEFF{"messages":[]}', null],
    ["an array", "[]", null],
    ["no messages", '{"model":"m"}', "messages"],
    ["messages that are not an array", '{"messages":{}}', "messages"],
    ["a model that is not a string", '{"model":1,"messages":[]}', "model"],
    ["a stream that is not a boolean", '{"stream":"yes","messages":[]}', "stream"],
  ])("refuses %s", (_what, body, param) => {
    const error = refusal(body);
    expect(error.status).toBe(400);
    expect(error.code).toBe("invalid_body");
    expect(error.param).toBe(param);
  });

  test("is refused before parsing if it is too deep or has too many members", () => {
    const nested = (depth: number) => `{"messages":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    const members = (count: number) =>
      `{"messages":[]${Array.from({ length: count }, (_, at) => `,"k${at}":1`).join("")}}`;
    // The outer object counts as a level and a member; so does each member and array.
    expect(() => parseChatBody(Buffer.from(nested(255)))).not.toThrow();
    expect(() => parseChatBody(Buffer.from(members(199_997)))).not.toThrow();
    const tooMuch = [
      nested(256),
      nested(1_000_000),
      members(199_998),
      `{"messages":[${"[],".repeat(200_000)}0]}`,
      `{"messages":[{"a":${'{"a":1,'.repeat(10)}${'"a":1,'.repeat(200_000)}`,
    ];
    for (const body of tooMuch) {
      expect(refusal(body)).toMatchObject({
        code: "invalid_body",
        message: expect.stringMatching(/deeper than 256 levels|more than 200000 members/),
      });
    }
    // The content of strings does not count.
    const text = JSON.stringify("[{:".repeat(300_000));
    expect(() => parseChatBody(Buffer.from(`{"messages":[${text}]}`))).not.toThrow();
  });

  test("is refused before parsing if it has too many values, whatever they are", () => {
    const numbers = (count: number) => `{"messages":[0${",0".repeat(count - 1)}]}`;
    expect(() => parseChatBody(Buffer.from(numbers(1_000_000)))).not.toThrow();
    for (const body of [numbers(1_000_001), `{"messages":[],"a":{"b":${numbers(1_000_001)}}}`]) {
      expect(refusal(body).message).toContain("more than 1000000 values");
    }
    // The content of strings does not count.
    const text = JSON.stringify(",".repeat(1_100_000));
    expect(() => parseChatBody(Buffer.from(`{"messages":[${text}]}`))).not.toThrow();
  });

  test("that is not an object is refused without being parsed", () => {
    expect(refusal("[".repeat(10_000_000)).message).toContain("not a JSON object");
  });

  test("is not quoted in the error", () => {
    expect(refusal('{"messages": SECRET').message).not.toContain("SECRET");
  });

  test("has only its model replaced, for any nesting and white space", () => {
    const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
    const member = fc.tuple(
      fc.string().filter((name) => name !== "model" && name !== "messages" && name !== "stream"),
      fc.json(),
    );
    fc.assert(
      fc.property(
        fc.array(member, { maxLength: 6 }),
        fc.nat(6),
        fc.array(space, { minLength: 32, maxLength: 32 }),
        fc.string(),
        (members, at, spaces, modelId) => {
          let next = 0;
          const gap = () => spaces[next++ % spaces.length];
          const written = members.map(
            ([name, value]) => `${JSON.stringify(name)}${gap()}:${gap()}${value}`,
          );
          const model = `"model"${gap()}:${gap()}`;
          written.splice(Math.min(at, written.length), 0, `${model}"was"`, '"messages":[]');
          const join = (list: string[]) =>
            `${gap()}{${gap()}${list.join(`${gap()},${gap()}`)}${gap()}}${gap()}`;
          const body = join(written);
          const place = body.lastIndexOf(`${model}"was"`) + model.length;
          const expected = body.slice(0, place) + JSON.stringify(modelId) + body.slice(place + 5);
          expect(parseChatBody(Buffer.from(body)).withModel(modelId).toString()).toBe(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("a body with a prompt", () => {
  const withPrompt = (body: string, prompt: string | undefined, ...dropped: string[]) =>
    parseChatBody(Buffer.from(body))
      .withMessagesInFront(
        prompt === undefined ? [] : [JSON.stringify({ role: "system", content: prompt })],
        new Set(dropped),
      )
      .withModel("m")
      .toString();

  test("has a system message first, and everything else unchanged", () => {
    const rest = '"seed":12345678901234567890, "x" : {"a":1.0}';
    expect(
      withPrompt(`{ "messages": [ {"role":"user"} ], ${rest}, "model":"a"}`, 'Be "kind".'),
    ).toBe(
      `{"messages": [{"role":"system","content":"Be \\"kind\\"."}, {"role":"user"} ],${rest.replace(", ", ",")},"model":"m"}`,
    );
  });

  test("has only the prompt if there were no messages", () => {
    expect(withPrompt('{"messages":[ ]}', "p")).toBe(
      '{"model":"m","messages":[{"role":"system","content":"p"} ]}',
    );
  });

  test("loses the given members, wherever they are", () => {
    for (const body of [
      '{"call":{"id":"]}"},"messages":[],"customer":1}',
      '{"messages":[],"call":null,"customer":"x"}',
      '{"c\\u0061ll":1,"customer":2,"messages":[]}',
    ]) {
      expect(withPrompt(body, undefined, "call", "customer")).toBe('{"model":"m","messages":[]}');
    }
  });

  test("is valid JSON with all other members, for any members", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.array(fc.jsonValue()),
        fc.string(),
        (members, messages, prompt) => {
          const { __proto__: _ignored, ...rest } = members;
          const body = { ...rest, messages, model: "m", stream: true };
          const sent = JSON.parse(withPrompt(JSON.stringify(body), prompt, "call"));
          const { call: _call, ...kept } = body as Record<string, unknown>;
          expect(sent).toEqual({
            ...JSON.parse(JSON.stringify(kept)),
            messages: [
              { role: "system", content: prompt },
              ...JSON.parse(JSON.stringify(messages)),
            ],
          });
        },
      ),
    );
  });
});

describe("an embeddings body", () => {
  test("requires an input", () => {
    expect(() => parseEmbeddingsBody(Buffer.from('{"model":"m"}'))).toThrow("`input` is missing");
    expect(parseEmbeddingsBody(Buffer.from('{"model":"m","input":["a"]}')).model).toBe("m");
  });
});
