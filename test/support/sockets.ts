/** Waits for bytes in flight between sockets of this process, without using a clock. */
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * Waits until every socket in this process has read the bytes sent to it before: a byte makes round trips over another
 * connection, after the bytes that are already in flight.
 */
export async function socketsRead(): Promise<void> {
  const echo = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  const socket = connect({ port: portOf(echo), host: "127.0.0.1" });
  for (let trip = 0; trip < 5; trip += 1) {
    await roundTrip(socket);
  }
  socket.destroy();
  echo.close();
}

/** Waits until a growing number, such as bytes written, has stopped growing although every socket has read. */
export async function untilStill(count: () => number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count();
    for (let at = 0; at < 10; at += 1) {
      await socketsRead();
    }
  }
}

function roundTrip(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("data", () => resolve());
    socket.write("x");
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
