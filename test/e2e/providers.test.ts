/** Base URLs, headers and provider keys from every source that the host resolves. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { certificate } from "../support/certificate.ts";
import { until } from "../support/client.ts";
import { startForwardProxy } from "../support/forward-proxy.ts";
import { runHost } from "../support/install.ts";
import { json, startProvider } from "../support/provider.ts";
import { messages, useGateway } from "./fixture.ts";
import { model } from "./relay-config.ts";

const secrets = mkdtempSync(join(tmpdir(), "openclaw-passthrough-secrets-"));
const keyFile = join(secrets, "key.json");
writeFileSync(keyFile, JSON.stringify({ local: "sk-from-file" }), { mode: 0o600 });

/** Providers with all models on the allowlist; of `local`, only `m1` is on it. */
const listed = [
  "fromenv",
  "fromfile",
  "keyless",
  "xai",
  "headers",
  "authheader",
  "authbearer",
  "proxied",
  "private",
  "distrusted",
  "other",
];

const tlsProvider = await startProvider({ tls: true });
const proxy = await startForwardProxy();
const env = (id: string) => ({ source: "env", provider: "default", id });

const fixture = useGateway({
  env: {
    SCRATCH_KEY: "sk-from-env",
    SCRATCH_HEADER: "header-secret",
    // The host's catalog maps this variable to the provider xai.
    XAI_API_KEY: "sk-xai-of-env",
  },
  config: (provider) => {
    const base = { baseUrl: provider.baseUrl, api: "openai-completions" };
    return {
      secrets: { providers: { files: { source: "file", path: keyFile, mode: "json" } } },
      models: {
        providers: {
          fromenv: { ...base, apiKey: env("SCRATCH_KEY"), models: [model("m")] },
          fromfile: {
            ...base,
            apiKey: { source: "file", provider: "files", id: "/local" },
            models: [model("m")],
          },
          xai: { ...base, models: [model("m")] },
          keyless: { ...base, models: [model("m")] },
          headers: {
            ...base,
            apiKey: "sk-headers",
            headers: { "X-Plain": "plain", "X-Secret": env("SCRATCH_HEADER") },
            request: { headers: { "x-more": "more" } },
            models: [model("m")],
          },
          authheader: {
            ...base,
            apiKey: "sk-unused",
            request: {
              auth: { mode: "header", headerName: "api-key", value: env("SCRATCH_HEADER") },
            },
            models: [model("m")],
          },
          authbearer: {
            ...base,
            apiKey: "sk-unused",
            request: { auth: { mode: "authorization-bearer", token: "bearer-of-config" } },
            models: [model("m")],
          },
          proxied: {
            ...base,
            apiKey: "sk-proxied",
            request: { proxy: { mode: "explicit-proxy", url: proxy.url } },
            models: [model("m")],
          },
          private: {
            baseUrl: tlsProvider.baseUrl,
            api: "openai-completions",
            apiKey: "sk-private",
            request: { tls: { ca: certificate, serverName: "provider.test" } },
            models: [model("m")],
          },
          distrusted: {
            baseUrl: tlsProvider.baseUrl,
            api: "openai-completions",
            apiKey: "sk-private",
            models: [model("m")],
          },
          other: {
            baseUrl: provider.baseUrl,
            api: "anthropic-messages",
            apiKey: "sk-other",
            models: [model("claude")],
          },
        },
      },
      agents: {
        defaults: {
          models: {
            "local/m1": { alias: "fast" },
            ...Object.fromEntries(listed.map((id) => [`${id}/*`, {}])),
          },
        },
      },
    };
  },
});

afterAll(async () => {
  await tlsProvider.close();
  await proxy.close();
  rmSync(secrets, { recursive: true });
});

const ask = (named: string) => fixture.call("/v1/chat/completions", { model: named, messages });

/** Calls a model. @returns the headers that its provider got. */
async function headersFor(named: string) {
  const answer = await ask(named);
  expect(answer).toMatchObject({ status: 200 });
  return fixture.provider.requests.at(-1)?.headers ?? {};
}

describe("a provider's key", () => {
  test("comes from the config, the environment or a file", async () => {
    expect((await headersFor("local/m1")).authorization).toBe("Bearer sk-local");
    expect((await headersFor("fromenv/m")).authorization).toBe("Bearer sk-from-env");
    expect((await headersFor("fromfile/m")).authorization).toBe("Bearer sk-from-file");
    expect((await headersFor("xai/m")).authorization).toBe("Bearer sk-xai-of-env");
  });

  test("is not sent if the provider has none", async () => {
    expect(await headersFor("keyless/m")).not.toHaveProperty("authorization");
  });

  test("is replaced by the auth header from the config", async () => {
    const headers = await headersFor("authheader/m");
    expect(headers["api-key"]).toBe("header-secret");
    expect(headers).not.toHaveProperty("authorization");
    expect((await headersFor("authbearer/m")).authorization).toBe("Bearer bearer-of-config");
  });

  test("comes from auth profiles first, in order, and changes without a restart", async () => {
    const paste = (profile: string, key: string) =>
      runHost(
        fixture.gateway.folder,
        ["models", "auth", "paste-api-key", "--provider", "local", "--profile-id", profile],
        `${key}\n`,
      );
    await paste("local:first", "sk-profile-first");
    await paste("local:second", "sk-profile-second");
    const order = (...profiles: string[]) =>
      runHost(
        fixture.gateway.folder,
        ["models", "auth", "order", "set", "--provider", "local"].concat(profiles),
      );
    await order("local:second", "local:first");
    // Keys are cached for five seconds.
    const becomes = (key: string) =>
      until(async () => (await headersFor("local/m1")).authorization === `Bearer ${key}`);
    await becomes("sk-profile-second");
    await order("local:first", "local:second");
    await becomes("sk-profile-first");
  });

  test("is replaced by the next profile after a 401; the log names the profile, not the key", async () => {
    fixture.provider.behave("m1", (exchange) =>
      exchange.request.headers.authorization === "Bearer sk-profile-first"
        ? json({ error: { message: "invalid key" } }, 401)(exchange)
        : json({ id: "x" })(exchange),
    );
    for (const [keys, log] of [
      [["first", "second"], /^local\/m1 upstream_unauthorized 401 \d+ ms, local\/m1 ok/],
      [["second"], /^local\/m1 credential_refused \d+ s left, local\/m1 ok/],
    ] as const) {
      fixture.provider.forget();
      const answer = await ask("local/m1");
      expect(answer).toMatchObject({ status: 200 });
      expect(answer.headers["x-openclaw-attempt-log"]).toMatch(log);
      expect(fixture.provider.requests.map(({ headers }) => headers.authorization)).toEqual(
        keys.map((key) => `Bearer sk-profile-${key}`),
      );
    }
    const told = "the provider local refused the credential of local:first with status 401";
    await until(() => fixture.gateway.output().includes(told));
    expect(fixture.gateway.output().split(told)).toHaveLength(2);
  });
});

test("sends configured headers with their secrets resolved", async () => {
  expect(await headersFor("headers/m")).toMatchObject({
    authorization: "Bearer sk-headers",
    "x-plain": "plain",
    "x-secret": "header-secret",
    "x-more": "more",
  });
});

test("uses a configured proxy", async () => {
  await headersFor("proxied/m");
  expect(proxy.seen).toEqual([expect.stringContaining(new URL(fixture.provider.baseUrl).host)]);
});

describe("a provider with a private certificate", () => {
  test("is trusted with the configured CA and server name", async () => {
    const answer = await ask("private/m");
    expect(answer).toMatchObject({ status: 200 });
    expect(tlsProvider.requests).toHaveLength(1);
  });

  test("is not trusted without them", async () => {
    const answer = await ask("distrusted/m");
    expect([answer.status, answer.body.toString()]).toEqual([
      502,
      expect.stringContaining("upstream_unreachable"),
    ]);
  });
});

describe("a directly named model", () => {
  test("can be an alias", async () => {
    const answer = await ask("fast");
    expect([answer.status, answer.headers["x-openclaw-model"]]).toEqual([200, "m1"]);
  });

  test("can come in x-openclaw-model, with or without its provider", async () => {
    for (const named of ["fromenv/m", "m1"]) {
      const answer = await fixture.call(
        "/v1/chat/completions",
        { model: "openclaw", messages },
        { "x-openclaw-model": named },
      );
      expect([answer.status, answer.headers["x-openclaw-model"]]).toEqual([
        200,
        named.split("/").at(-1),
      ]);
    }
  });

  test("gets 403 if it is not on the allowlist", async () => {
    const answer = await ask("local/m2");
    expect([answer.status, JSON.parse(answer.body.toString()).error.code]).toEqual([
      403,
      "model_not_allowed",
    ]);
  });

  test("is refused by name if it does not exist", async () => {
    for (const named of ["gpt-4o", "fromenv", "nix/m"]) {
      const answer = await ask(named);
      expect([403, 404]).toContain(answer.status);
      expect(answer.body.toString()).toContain(named);
    }
  });

  test("is listed if it is allowed, whatever its API is", async () => {
    const { data } = JSON.parse((await fixture.call("/v1/models")).body.toString());
    const ids = data.map(({ id }: { id: string }) => id);
    expect(ids).toContain("local/m1");
    expect(ids).toContain("fromenv/m");
    expect(ids).not.toContain("local/m2");
    expect(ids).toContain("other/claude");
  });
});

test("the gateway prints no key", () => {
  expect(fixture.gateway.output()).not.toMatch(/sk-|header-secret|bearer-of-config/);
});
