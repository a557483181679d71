/** Prints, as JSON, the files of src/ that one streaming passthrough request runs through: a warm one, from its socket to its last byte. */
import { Session } from "node:inspector/promises";
import { call } from "./client.ts";
import { startProvider } from "./provider.ts";
import { fakeHost, startRelayServer } from "./relay-server.ts";

const provider = await startProvider();
const relay = await startRelayServer(
  fakeHost({ models: ["a/m1"], providers: { a: provider.baseUrl } }),
);
const ask = () =>
  call(`${relay.url}/v1/chat/completions`, {
    body: { model: "openclaw", messages: [{ role: "user", content: "say hi" }], stream: true },
  });
await ask();

const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
await ask();
const { result } = await session.post("Profiler.takePreciseCoverage");
session.disconnect();
await relay.close();
await provider.close();

const walked = result
  .filter(({ functions }) => functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0))
  .flatMap(({ url }) => /\/(src\/.+\.ts)$/.exec(url)?.[1] ?? []);
console.log(JSON.stringify([...new Set(walked)].toSorted()));
