/** Closes a connection so that its client still reads the last answer. */
import type { Socket } from "node:net";

/** A client that sends nothing for this long, and does not close its side, has had its time. */
const quietMs = 1000;
/** However much a client sends: it has had its answer long ago. nginx allows the same (`lingering_time`). */
const maxLingerMs = 30_000;

/**
 * Sends the rest, and destroys the connection once the client has closed its side or has had time to. What it still sends
 * is discarded. Destroyed at once, a connection with unread bytes is reset, and the client may lose the answer.
 */
export function closeAfter(socket: Socket, lastBytes: Buffer = Buffer.alloc(0)): void {
  if (socket.writableEnded) {
    return;
  }
  socket.on("error", () => undefined);
  socket.end(lastBytes);
  let readBytes = socket.bytesRead;
  let lingeredMs = 0;
  const timer = setInterval(() => {
    lingeredMs += quietMs;
    if (socket.bytesRead === readBytes || lingeredMs >= maxLingerMs) {
      socket.destroy();
    }
    readBytes = socket.bytesRead;
  }, quietMs);
  timer.unref();
  socket.once("close", () => clearInterval(timer));
}

/** Makes Node's server linger, too. It would destroy a connection as soon as the last answer is written. */
export function lingerAtEnd(socket: Socket): void {
  socket.destroySoon = () => closeAfter(socket);
}
