/** Light mode in the real gateway: whose prompt, for whom, and what it leaves behind. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { callAndLeave, until } from "../support/client.ts";
import { diskGrowth, measureDisk, restingDisk } from "../support/disk.ts";
import { gatewayToken } from "../support/gateway.ts";
import { silence } from "../support/provider.ts";
import { messages, useGateway } from "./fixture.ts";

const fixture = useGateway({
  config: () => ({
    agents: { ownership: "explicit", entries: { relay: {}, voice: {}, helper: {} } },
    plugins: {
      entries: {
        passthrough: {
          config: {
            mode: "light",
            defaultAgent: "helper",
            agents: {
              relay: { mode: "passthrough" },
              voice: { mode: "light", http: { systemPrompt: "You are Ada, on the phone." } },
            },
          },
        },
      },
    },
  }),
});
const ask = (named: string, headers?: Record<string, string>, more: object = {}) =>
  fixture.call("/v1/chat/completions", { model: named, messages, ...more }, headers);
const sent = () => fixture.provider.requests.at(-1)?.json as { messages: unknown[] } | undefined;
const system = (content: string) => ({ role: "system", content });

beforeAll(async () => {
  // The host gives each agent a workspace of its own beside the default one.
  for (const agent of ["helper", "relay"]) {
    const folder = join(fixture.gateway.folder, "workspace", agent);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "SOUL.md"), `I am ${agent}.\nTwo lines.\n`);
  }
});

describe("light mode", () => {
  test("takes the prompt of the config, or the files of the agent's workspace", async () => {
    expect((await ask("openclaw/voice")).headers["x-openclaw-mode"]).toBe("light");
    expect(sent()?.messages).toEqual([system("You are Ada, on the phone."), ...messages]);
    await ask("openclaw");
    expect(sent()?.messages).toEqual([system("I am helper.\nTwo lines."), ...messages]);
  });

  test("is on and off by the header, the agent and the endpoint, in this order", async () => {
    const modeOf = async (...args: Parameters<typeof ask>) =>
      (await ask(...args)).headers["x-openclaw-mode"];
    expect(await modeOf("openclaw/relay")).toBe("passthrough");
    expect(await modeOf("openclaw/relay", { "x-openclaw-light-context": "1" })).toBe("light");
    expect(sent()?.messages).toEqual([system("I am relay.\nTwo lines."), ...messages]);
    expect(await modeOf("openclaw/voice", { "x-openclaw-light-context": "false" })).toBe("agent");
    expect(fixture.provider.requests.at(-1)?.body.length).toBeGreaterThan(10_000);
    expect(await modeOf("local/m1", { "x-openclaw-light-context": "true" })).toBe("passthrough");
  });

  test("sends the provider no more than prompt and messages, and leaves no row", async () => {
    await ask("openclaw");
    const before = await restingDisk(fixture.gateway.stateFolder);
    for (let at = 0; at < 20; at += 1) {
      expect((await ask("openclaw", {}, { stream: at % 2 === 0 })).status).toBe(200);
    }
    // Core's endpoint sends some 41,000 bytes for the same question.
    expect(fixture.provider.requests.at(-1)?.body.length).toBeLessThan(410);
    const grown = diskGrowth(before, await measureDisk(fixture.gateway.stateFolder));
    expect(grown.tables).toEqual({});
  });

  test("stops the provider at once when the caller barges in", async () => {
    fixture.provider.behave("m1", silence);
    const url = `${fixture.gateway.url}/v1/chat/completions`;
    const headers = { authorization: `Bearer ${gatewayToken}` };
    const body = { model: "openclaw", messages, stream: true };
    const arrived = () => until(() => fixture.provider.requests.length === 1);
    await callAndLeave(url, { body, headers }, arrived);
    await until(() => fixture.provider.requests[0]?.abortedAtMs !== undefined);
  });

  test("follows a prompt that changes while the gateway runs", async () => {
    const file = join(fixture.gateway.folder, "workspace", "helper", "SOUL.md");
    await writeFile(file, "I have changed.");
    await ask("openclaw");
    expect(sent()?.messages).toEqual([system("I have changed."), ...messages]);
  });
});
