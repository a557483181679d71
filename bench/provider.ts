/** The provider process: answers with its base URL and serves until its parent has ended. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answer, askedIn } from "./answers.ts";
import { answerParent } from "./child.ts";

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => void answer(askedIn(Buffer.concat(parts).toString("latin1")), response));
});
// A target's connections may be idle between rounds; the provider must not close one just as it is reused.
server.keepAliveTimeout = 600_000;
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4096, resolve));
const { port } = server.address() as AddressInfo;

answerParent(() => Promise.resolve(`http://127.0.0.1:${port}/v1`));
