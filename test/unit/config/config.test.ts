import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { manifestFile, pluginManifest } from "../../../scripts/manifest.ts";
import { upstreamPolicy } from "../../../src/config/policy.ts";
import { resolveConfig } from "../../../src/config/resolve.ts";

describe("the config", () => {
  test("has these names and defaults", () => {
    expect(resolveConfig(undefined)).toEqual({
      mode: "agent",
      dataPlane: { maxHeapMegabytes: 1024 },
      maxBodyBytes: 20_971_520,
      agent: { maxRunMs: 600_000, maxModelCalls: 100 },
      agents: {},
      keys: {},
      sessions: {
        anonymous: "ephemeral",
        bodyPaths: [],
        ephemeral: {
          maxEntries: 1000,
          maxBytes: 67_108_864,
          idleTtlMs: 1_800_000,
          maxAgeMs: 28_800_000,
        },
      },
      light: { files: ["SOUL.md", "IDENTITY.md"], keepAliveMs: 5000 },
      retention: {},
      upstream: {
        connectTimeoutMs: 3000,
        firstTokenTimeoutMs: 30_000,
        idleTimeoutMs: 60_000,
        jsonTimeoutMs: 600_000,
        retries: 1,
        retryBudgetMs: 5000,
        breaker: { failures: 5, resetMs: 10_000 },
        maxConcurrent: 0,
        queueTimeoutMs: 10_000,
        unsupported: "drop",
        providers: {},
      },
      sse: { keepAliveMs: 0 },
      log: { requests: false, format: "text", maxPerSecond: 20 },
    });
  });

  test("keeps written values", () => {
    const written = { defaultAgent: "work", maxBodyBytes: 4096, upstream: { retries: 3 } };
    expect(resolveConfig(written)).toMatchObject(written);
  });

  test("applies upstream settings to all providers, unless a provider or agent overrides them", () => {
    const config = resolveConfig({
      agents: { voice: { firstTokenTimeoutMs: 2000 } },
      upstream: {
        retries: 2,
        breaker: { failures: 3 },
        providers: {
          local: { maxConcurrent: 1, firstTokenTimeoutMs: 120_000, breaker: { resetMs: 5 } },
        },
      },
    });
    expect(upstreamPolicy(config, "cloud", "main")).toMatchObject({
      retries: 2,
      maxConcurrent: 0,
      firstTokenTimeoutMs: 30_000,
      breaker: { failures: 3, resetMs: 10_000 },
    });
    expect(upstreamPolicy(config, "local", "main")).toMatchObject({
      retries: 2,
      maxConcurrent: 1,
      firstTokenTimeoutMs: 120_000,
      breaker: { failures: 3, resetMs: 5 },
    });
    expect(upstreamPolicy(config, "local", "voice").firstTokenTimeoutMs).toBe(2000);
  });

  test("has these bounds for a listener, which is off unless it has a port", () => {
    expect(resolveConfig({}).listen).toBeUndefined();
    expect(resolveConfig({ listen: { port: 18_790 } }).listen).toEqual({
      host: "127.0.0.1",
      port: 18_790,
      maxConnections: 10_000,
      maxConnectionsPerAddress: 1000,
      maxHeaderBytes: 16_384,
      headersTimeoutMs: 15_000,
      requestTimeoutMs: 120_000,
      idleTimeoutMs: 75_000,
      maxPipelinedRequests: 16,
    });
  });

  test.each([
    [{ listen: {} }, "passthrough.config.listen.port"],
    [{ listen: { port: 0 } }, "passthrough.config.listen.port"],
    [{ listen: { port: 1, tls: { certFile: "/cert.pem" } } }, "listen.tls.keyFile"],
    [{ mode: "turbo" }, "passthrough.config.mode"],
    [{ maxBodyBytes: 0 }, "passthrough.config.maxBodyBytes"],
    [{ limits: {} }, "passthrough.config.limits"],
    [{ upstream: { providers: { a: { retries: -1 } } } }, "upstream.providers.a.retries"],
  ])("is refused with the path of an invalid value: %j", (written, path) => {
    expect(() => resolveConfig(written)).toThrow(path);
  });

  test.each([
    [{ mode: "turbo" }, '.mode: must be one of ["agent","light","passthrough"]'],
    [{ agents: { a: { mode: 1 } } }, '.agents.a.mode: must be one of ["agent",'],
    [
      { keys: { bot: { id: "k", sha256: "0".repeat(64), modes: ["agent", "fast"] } } },
      ".keys.bot.modes.1: must be one of",
    ],
    [{ sessions: { anonymous: "" } }, '.anonymous: must be one of ["ephemeral","persist"]'],
  ])("lists the allowed values of a closed set once: %j", (written, words) => {
    expect(() => resolveConfig(written)).toThrow(words);
  });

  test("has no union of constants, because the host would report each of them separately", () => {
    const unions = JSON.stringify(pluginManifest()).match(/"const":/g);
    expect(unions).toBe(null);
  });

  test("matches its schema in the manifest", () => {
    // `node scripts/manifest.ts` regenerates the file.
    expect(JSON.parse(readFileSync(manifestFile, "utf8"))).toEqual(pluginManifest());
  });
});
