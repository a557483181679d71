import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { call } from "../support/client.ts";
import { entries, fakeHost, startRelayServer } from "../support/relay-server.ts";
import { messages, useFixture } from "./fixture.ts";

describe.each(entries)("at %s,", (entry) => {
  const fixture = useFixture({ config: { maxBodyBytes: 2048 } }, entry);

  async function refusal(body: unknown, headers: Record<string, string> = {}) {
    const answer = await call(fixture.chat, { body, headers });
    expect(fixture.provider.requests).toEqual([]);
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    const parsed = JSON.parse(answer.body.toString());
    expect(Object.keys(parsed)).toEqual(["error"]);
    expect(Object.keys(parsed.error)).toEqual(["message", "type", "param", "code"]);
    return { status: answer.status, ...parsed.error };
  }

  describe("a request is refused with an OpenAI error", () => {
    test.each([
      ["broken JSON", "{", 400, "invalid_body"],
      ["no messages", {}, 400, "invalid_body"],
      ["messages that are not an array", { messages: "hi" }, 400, "invalid_body"],
      ["invalid UTF-8", Buffer.from('{"messages":["\xff"]}', "latin1"), 400, "invalid_body"],
      ["two models", '{"model":"a","model":"b","messages":[]}', 400, "duplicate_model"],
      ["an unknown agent", { model: "openclaw/nix", messages }, 404, "model_not_found"],
      ["an unknown model", { model: "nix/m", messages }, 404, "model_not_found"],
      ["a body over the limit", { messages, filler: "x".repeat(3000) }, 413, "body_too_large"],
    ])("for %s", async (_what, body, status, code) => {
      expect(await refusal(body)).toMatchObject({ status, code, type: "invalid_request_error" });
    });

    test("that quotes the unknown name", async () => {
      expect((await refusal({ model: "openclaw/nix", messages })).message).toContain('"nix"');
      expect((await refusal({ model: "nix/m", messages })).message).toContain('"nix/m"');
    });

    test("for a compressed body", async () => {
      expect(await refusal({ messages }, { "content-encoding": "gzip" })).toMatchObject({
        status: 415,
        code: "unsupported_encoding",
      });
    });

    test("for a chunked body over the limit", async () => {
      const status = await new Promise((resolve, reject) => {
        const outgoing = request(fixture.chat, { method: "POST", agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        outgoing.on("error", reject);
        for (let at = 0; at < 100; at += 1) {
          outgoing.write("x".repeat(1000));
        }
        outgoing.end();
      });
      expect(status).toBe(413);
    });

    test("for a wrong method, with an Allow header", async () => {
      for (const [path, method, allow] of [
        ["/v1/chat/completions", "GET", "POST"],
        ["/v1/embeddings", "DELETE", "POST"],
        ["/v1/models", "POST", "GET"],
      ] as const) {
        const answer = await call(fixture.relay.url + path, { method });
        expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
      }
    });
  });

  test("a 413 arrives while the client is still uploading", async () => {
    const answer = await call(fixture.chat, { body: Buffer.alloc(8 * 1024 * 1024, 0x20) });
    expect(answer.status).toBe(413);
  });

  describe("a caller without the scope", () => {
    const start = (scopes: string[]) =>
      startRelayServer(
        fakeHost({ models: ["a/m1"], providers: { a: fixture.provider.baseUrl }, scopes }),
        { entry },
      );

    test("cannot chat with operator.read", async () => {
      const relay = await start(["operator.read"]);
      const answer = await call(`${relay.url}/v1/chat/completions`, { body: { messages } });
      expect([answer.status, answer.body.toString()]).toEqual([
        403,
        expect.stringContaining("operator.write"),
      ]);
      await relay.close();
    });

    test("can use an agent, but not name a model, with operator.write", async () => {
      const relay = await start(["operator.write"]);
      const chat = `${relay.url}/v1/chat/completions`;
      expect((await call(chat, { body: { messages } })).status).toBe(200);
      for (const named of [
        { body: { messages, model: "a/m1" } },
        { body: { messages }, headers: { "x-openclaw-model": "a/m1" } },
      ]) {
        const answer = await call(chat, named);
        expect([answer.status, answer.body.toString()]).toEqual([
          403,
          expect.stringContaining("operator.admin"),
        ]);
      }
      await relay.close();
    });

    test("does not see models that it cannot name", async () => {
      const relay = await start(["operator.read"]);
      const { data } = JSON.parse((await call(`${relay.url}/v1/models`)).body.toString());
      expect(data.map((model: { id: string }) => model.id)).toEqual([
        "openclaw",
        "openclaw/default",
        "openclaw/main",
      ]);
      await relay.close();
    });
  });
});
