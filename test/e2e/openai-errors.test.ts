/** The unmodified `openai` client throws the right error for each failure, through a real gateway. */
import OpenAI, { type APIError } from "openai";
import { beforeAll, describe, expect, test } from "vitest";
import { json, ordinaryEvents, raw, reset, silence, stream } from "../support/provider.ts";
import { entries, impatientConfig, openaiClient, useGateway } from "./fixture.ts";

const fixture = useGateway({ config: impatientConfig });

const error = { message: "no", type: "some_type", param: "messages", code: "some_code" };
const createWith = (client: OpenAI) =>
  client.chat.completions
    .create({ model: "openclaw", messages: [{ role: "user", content: "hi" }] })
    .catch((caught: unknown) => caught);

describe.each(entries)("the openai client throws, through $name,", (entry) => {
  let client: OpenAI;
  beforeAll(() => {
    client = openaiClient(fixture.through(entry));
  });
  const create = () => createWith(client);

  test.each([
    ["resets the connection", reset, 502, "upstream_unreachable"],
    ["is silent", silence, 504, "upstream_silent"],
    [
      "sends a web page",
      raw("<html>", 200, { "content-type": "text/html" }),
      502,
      "upstream_unreadable",
    ],
  ])("InternalServerError with our code if every provider %s", async (_what, how, status, code) => {
    fixture.provider.behave("m1", how);
    fixture.provider.behave("b1", how);
    const caught = await create();
    expect(caught).toBeInstanceOf(OpenAI.InternalServerError);
    expect(caught).toMatchObject({ status, code });
  });

  test.each(["cut", "end", "silence"] as const)(
    "APIError after an incomplete stream (%s)",
    async (ending) => {
      fixture.provider.behave("m1", stream({ pieces: ordinaryEvents().slice(0, 3), ending }));
      const events = await client.chat.completions.create({
        model: "openclaw",
        messages: [{ role: "user", content: "hi" }],
        stream: true,
      });
      let text = "";
      const read = async () => {
        for await (const part of events) {
          text += part.choices[0]?.delta.content ?? "";
        }
      };
      await expect(read()).rejects.toThrow(OpenAI.APIError);
      expect(text).toBe("Hello from");
    },
  );

  test.each([
    [400, OpenAI.BadRequestError],
    [404, OpenAI.NotFoundError],
    [409, OpenAI.ConflictError],
    [422, OpenAI.UnprocessableEntityError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
    [503, OpenAI.InternalServerError],
    [403, OpenAI.PermissionDeniedError],
  ])("the class for a %i, with the provider's fields", async (status, kind) => {
    for (const id of ["m1", "b1"]) {
      fixture.provider.behave(id, json({ error }, status, { "retry-after": "60" }));
    }
    const caught = await create();
    expect(caught).toBeInstanceOf(kind);
    expect(caught).toMatchObject({ status, error, code: "some_code", param: "messages" });
    expect((caught as APIError).headers?.get("retry-after")).toBe("60");
  });
});

// Last, because a 401 disqualifies both credentials for a minute, on every entry.
test("the openai client throws InternalServerError for a provider's 401, because its own key is valid", async () => {
  for (const id of ["m1", "b1"]) {
    fixture.provider.behave(id, json({ error }, 401));
  }
  const clients = entries.map((entry) => openaiClient(fixture.through(entry)));
  const refused = await createWith(clients[0] as OpenAI);
  expect(refused).toBeInstanceOf(OpenAI.InternalServerError);
  expect(refused).toMatchObject({
    status: 502,
    code: "upstream_unauthorized",
    message: expect.stringContaining('the message "no"'),
  });
  for (const client of clients) {
    const waiting = await createWith(client);
    expect(waiting).toMatchObject({ status: 503, code: "credential_refused" });
    expect(Number((waiting as APIError).headers?.get("retry-after"))).toBeGreaterThan(30);
  }
});
