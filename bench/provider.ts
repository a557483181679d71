/** The provider's process: says its base URL when asked, and serves until its parent is gone. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answer, askedIn } from "./answers.ts";
import { answerParent } from "./child.ts";

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => void answer(askedIn(Buffer.concat(parts).toString("latin1")), response));
});
// Between two rounds a target's connections may rest; that one is closed just then would be the provider's fault.
server.keepAliveTimeout = 600_000;
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4096, resolve));
const { port } = server.address() as AddressInfo;

answerParent(() => Promise.resolve(`http://127.0.0.1:${port}/v1`));
