/**
 * "No session, nothing on disk", measured in a real gateway. As a control, the same measurement must find rows for
 * core's endpoint. The second gateway also tests the warning for a config in which core's
 * endpoint hides ours.
 */
import { describe, expect, test } from "vitest";
import { callAndLeave, until } from "../support/client.ts";
import { diskGrowth, measureDisk, restingDisk, total } from "../support/disk.ts";
import { gatewayToken } from "../support/gateway.ts";
import { runHost } from "../support/install.ts";
import { half, json, reset, silence } from "../support/provider.ts";
import { type GatewayFixture, useGateway } from "./fixture.ts";
import { singleAttempts } from "./relay-config.ts";

const prompt = "a prompt that must not be found on any disk";
const messages = [{ role: "user", content: prompt }];
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Requests of all kinds, ten at a time: JSON and streams; successful, failed, cut off, and aborted by the client. */
async function send(fixture: GatewayFixture, count: number): Promise<void> {
  fixture.provider.behave("broken", json({ error: { message: "no" } }, 500));
  fixture.provider.behave("reset", reset);
  fixture.provider.behave("half", half);
  fixture.provider.behave("silent", silence);
  const asked = (model: string) =>
    fixture.provider.requests.filter(({ json: { model: id } }) => id === model).length;
  const one = async (at: number) => {
    const body = { model: "openclaw", messages, stream: at % 2 === 0 };
    if (at % 10 === 3) {
      const url = `${fixture.gateway.url}/v1/chat/completions`;
      const headers = { authorization: `Bearer ${gatewayToken}` };
      const before = asked("silent");
      const arrived = () => until(() => asked("silent") > before);
      await callAndLeave(url, { body: { ...body, model: "local/silent" }, headers }, arrived);
    } else if (at % 10 === 4) {
      await fixture.call("/v1/chat/completions", { ...body, messages: "bad" });
    } else {
      const failing = ["local/broken", "local/reset", "local/half"][at % 10];
      await fixture.call("/v1/chat/completions", { ...body, model: failing ?? body.model });
    }
  };
  for (let at = 0; at < count; at += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, more) => one(at + more)));
  }
}

describe("passthrough", () => {
  const fixture = useGateway({ config: () => singleAttempts });

  test("adds no row and no byte in 500 requests, except warnings in the log", async () => {
    await send(fixture, 20);
    const before = await restingDisk(fixture.gateway.folder);
    fixture.provider.reset();
    await send(fixture, 500);
    expect(fixture.provider.requests.length).toBeGreaterThanOrEqual(450);
    await pause(2000);
    const grown = diskGrowth(before, await measureDisk(fixture.gateway.folder));
    expect(grown.tables).toEqual({});
    expect(Object.keys(grown.files).filter((name) => name !== "gateway.log")).toEqual([]);
    expect(fixture.gateway.output()).not.toContain(prompt);
  });
});

describe("core's endpoint", () => {
  const fixture = useGateway({
    config: () => ({ gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } } }),
  });

  test("adds rows, and the same measurement finds them", async () => {
    await fixture.call("/v1/chat/completions", { model: "openclaw", messages });
    const before = await measureDisk(fixture.gateway.folder);
    for (let at = 0; at < 5; at += 1) {
      const answer = await fixture.call("/v1/chat/completions", { model: "openclaw", messages });
      expect(answer.status).toBe(200);
    }
    const grown = diskGrowth(before, await measureDisk(fixture.gateway.folder));
    expect(total(grown.tables)).toBeGreaterThan(50);
    expect(total(grown.files)).toBeGreaterThan(5 * 20_000);
  });

  test("hides ours: the log names the setting once, and the plugin's status names it too", async () => {
    const key = "gateway.http.endpoints.chatCompletions.enabled";
    const lines = fixture.gateway.output().split("\n");
    expect(lines.filter((line) => line.includes(key))).toHaveLength(1);
    const status = JSON.parse(
      await runHost(fixture.gateway.folder, ["gateway", "call", "passthrough.status", "--json"]),
    );
    expect(JSON.stringify(status)).toContain(key);
  });
});
