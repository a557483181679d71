/** Light mode in a real gateway: its prompt, when it applies, and what it leaves on disk. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { callAndLeave, until } from "../support/client.ts";
import { diskGrowth, measureDisk, restingDisk } from "../support/disk.ts";
import { silence } from "../support/provider.ts";
import { entries, messages, useGateway } from "./fixture.ts";

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
const sent = () => fixture.provider.requests.at(-1)?.json as { messages: unknown[] } | undefined;
const system = (content: string) => ({ role: "system", content });

beforeAll(async () => {
  // The host gives each agent its own workspace folder.
  for (const agent of ["helper", "relay"]) {
    const folder = join(fixture.gateway.folder, "workspace", agent);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "SOUL.md"), `I am ${agent}.\nTwo lines.\n`);
  }
});

describe.each(entries)("light mode, through $name,", (entry) => {
  const ask = (named: string, headers?: Record<string, string>, more: object = {}) =>
    fixture.through(entry).call("/chat/completions", { model: named, messages, ...more }, headers);

  test("uses the prompt from the config, or else the files in the agent's workspace", async () => {
    expect((await ask("openclaw/voice")).headers["x-openclaw-mode"]).toBe("light");
    expect(sent()?.messages).toEqual([system("You are Ada, on the phone."), ...messages]);
    await ask("openclaw");
    expect(sent()?.messages).toEqual([system("I am helper.\nTwo lines."), ...messages]);
  });

  test("is switched by the header, then the agent, then the endpoint", async () => {
    const modeOf = async (...args: Parameters<typeof ask>) =>
      (await ask(...args)).headers["x-openclaw-mode"];
    expect(await modeOf("openclaw/relay")).toBe("passthrough");
    expect(await modeOf("openclaw/relay", { "x-openclaw-light-context": "1" })).toBe("light");
    expect(sent()?.messages).toEqual([system("I am relay.\nTwo lines."), ...messages]);
    expect(await modeOf("openclaw/voice", { "x-openclaw-light-context": "false" })).toBe("agent");
    expect(fixture.provider.requests.at(-1)?.body.length).toBeGreaterThan(10_000);
    expect(await modeOf("local/m1", { "x-openclaw-light-context": "true" })).toBe("passthrough");
  });

  test("sends only prompt and messages, and adds no database row", async () => {
    await ask("openclaw");
    const before = await restingDisk(fixture.gateway.stateFolder);
    for (let at = 0; at < 20; at += 1) {
      expect((await ask("openclaw", {}, { stream: at % 2 === 0 })).status).toBe(200);
    }
    // Core's endpoint sends about 41,000 bytes for the same question.
    expect(fixture.provider.requests.at(-1)?.body.length).toBeLessThan(410);
    const grown = diskGrowth(before, await measureDisk(fixture.gateway.stateFolder));
    expect(grown.tables).toEqual({});
  });

  test("aborts the provider's request when the caller disconnects", async () => {
    fixture.provider.behave("m1", silence);
    const { url, authorization } = fixture.through(entry);
    const headers = { authorization };
    const body = { model: "openclaw", messages, stream: true };
    const arrived = () => until(() => fixture.provider.requests.length === 1);
    await callAndLeave(`${url}/chat/completions`, { body, headers }, arrived);
    await until(() => fixture.provider.requests[0]?.abortedAtMs !== undefined);
  });
});

test("every entry uses a changed prompt without a restart", async () => {
  const file = join(fixture.gateway.folder, "workspace", "helper", "SOUL.md");
  await writeFile(file, "I have changed.");
  for (const entry of entries) {
    await fixture.through(entry).call("/chat/completions", { model: "openclaw", messages });
    expect(sent()?.messages).toEqual([system("I have changed."), ...messages]);
  }
});
