import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createTryOut } from "../../../src/setup/try-out.ts";

/** A server of the list of models that accepts the key from its third request on. */
async function slowGateway() {
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    const isIn = count > 2 && request.headers.authorization === "Bearer ocp_new";
    response.writeHead(isIn ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(isIn ? { data: [{ id: "openclaw" }] } : { error: {} }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

const tryOut = createTryOut({ isGatewayRunning: async () => true, withinMs: 100, pauseMs: 1 });

test("waits until the gateway accepts the key and lists the model", async () => {
  const baseUrl = await slowGateway();
  const patient = createTryOut({ isGatewayRunning: async () => true, pauseMs: 1 });
  expect(await patient({ baseUrl, key: "ocp_new", model: "openclaw" })).toBe(true);
});

test("a gateway that does not accept the key, list the model or answer is false", async () => {
  const baseUrl = await slowGateway();
  expect(await tryOut({ baseUrl, key: "ocp_old", model: "openclaw" })).toBe(false);
  expect(await tryOut({ baseUrl, key: "ocp_new", model: "openclaw/ghost" })).toBe(false);
  expect(
    await tryOut({ baseUrl: "http://127.0.0.1:9/v1", key: "ocp_new", model: "openclaw" }),
  ).toBe(false);
});

test("without a gateway nothing is known; a failure is none, because the key's text must not be lost", async () => {
  const trial = { baseUrl: "http://127.0.0.1:9/v1", key: "ocp_new", model: "openclaw" };
  for (const isGatewayRunning of [async () => false, () => Promise.reject(new Error("refused"))]) {
    expect(await createTryOut({ isGatewayRunning })(trial)).toBeUndefined();
  }
});
