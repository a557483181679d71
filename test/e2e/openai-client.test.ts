/** The `openai` npm client, unmodified, against a real gateway with the packed plugin. */
import OpenAI from "openai";
import { beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/client.ts";
import { chunk, event, json, stream } from "../support/provider.ts";
import { entries, openaiClient, useGateway } from "./fixture.ts";

const fixture = useGateway();
const messages = [{ role: "user" as const, content: "say hi" }];

describe.each(entries)("the openai client, through $name", (entry) => {
  let client: OpenAI;
  beforeAll(() => {
    client = openaiClient(fixture.through(entry));
  });

  test("gets a completion", async () => {
    const completion = await client.chat.completions.create({ model: "openclaw", messages });
    expect(completion.choices[0]?.message.content).toBe("Hello from the provider.");
    expect(fixture.provider.requests[0]?.headers.authorization).toBe("Bearer sk-local");
  });

  test("gets a stream", async () => {
    const events = await client.chat.completions.create({
      model: "openclaw/main",
      messages,
      stream: true,
    });
    let text = "";
    for await (const part of events) {
      text += part.choices[0]?.delta.content ?? "";
    }
    expect(text).toBe("Hello from the provider.");
  });

  test("assembles a streamed tool call", async () => {
    const call = (index: number, more: object) =>
      event(chunk({ tool_calls: [{ index, ...more }] }));
    fixture.provider.behave(
      "m1",
      stream({
        pieces: [
          event(chunk({ role: "assistant", content: null })),
          call(0, { id: "call_1", type: "function", function: { name: "add", arguments: "" } }),
          call(0, { function: { arguments: '{"a":' } }),
          call(0, { function: { arguments: "1}" } }),
          event(chunk({}, "tool_calls")),
          event("[DONE]"),
        ],
      }),
    );
    const tools = [
      { type: "function" as const, function: { name: "add", parameters: { type: "object" } } },
    ];
    const final = await client.chat.completions
      .stream({ model: "openclaw", messages, tools })
      .finalChatCompletion();
    expect(final.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      id: "call_1",
      function: { name: "add", arguments: '{"a":1}' },
    });
    expect(fixture.provider.requests[0]?.json).toMatchObject({ tools });
  });

  test("throws its own class for a provider's 422, with the provider's fields", async () => {
    const error = {
      message: "bad schema",
      type: "invalid_request_error",
      param: "tools",
      code: "x",
    };
    fixture.provider.behave("m1", json({ error }, 422));
    const failure = await client.chat.completions
      .create({ model: "openclaw", messages })
      .catch((caught: unknown) => caught);
    expect(failure).toBeInstanceOf(OpenAI.UnprocessableEntityError);
    expect(failure).toMatchObject({ status: 422, param: "tools", code: "x", error });
  });

  test("throws its own classes for a 404 and a 401", async () => {
    await expect(client.chat.completions.create({ model: "nix/m", messages })).rejects.toThrow(
      OpenAI.NotFoundError,
    );
    const stranger = openaiClient({ url: fixture.through(entry).url, token: "wrong" });
    await expect(stranger.chat.completions.create({ model: "openclaw", messages })).rejects.toThrow(
      OpenAI.AuthenticationError,
    );
    expect(fixture.provider.requests).toEqual([]);
  });

  test("closes the provider's connection when it aborts a stream", async () => {
    const pieces = Array.from({ length: 500 }, () => event(chunk({ content: "word" })));
    fixture.provider.behave("m1", stream({ pieces, gapMs: 20 }));
    const events = await client.chat.completions.create({
      model: "openclaw",
      messages,
      stream: true,
    });
    await events[Symbol.asyncIterator]().next();
    events.controller.abort();
    await until(() => fixture.provider.requests[0]?.abortedAtMs !== undefined);
  });

  test("lists models, retrieves one, and gets embeddings", async () => {
    const models = await client.models.list();
    expect(models.data.map(({ id }) => id)).toEqual([
      "openclaw",
      "openclaw/default",
      "openclaw/main",
      "local/m1",
      "local/m2",
    ]);
    expect((await client.models.retrieve("openclaw/default")).id).toBe("openclaw/default");
    const embeddings = await client.embeddings.create({
      model: "local/embed",
      input: "x",
      encoding_format: "float",
    });
    expect(embeddings.data[0]?.embedding).toEqual([0.25, -0.5]);
  });
});
