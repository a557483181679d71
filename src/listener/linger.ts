/** Closes a connection so that its client still reads the last answer. */
import type { Socket } from "node:net";

/** How long a client may take to read the last answer and to close its side. */
const lingerMs = 1000;

/**
 * Sends the rest, and destroys the connection once the client has closed its side or has had time to. Destroyed at once, a
 * connection with unread bytes is reset, and the client may lose the answer.
 */
export function closeAfter(socket: Socket, lastBytes: Buffer = Buffer.alloc(0)): void {
  socket.on("error", () => undefined);
  socket.end(lastBytes);
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  timer.unref();
  socket.once("close", () => clearTimeout(timer));
}
