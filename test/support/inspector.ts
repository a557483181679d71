/** Measures a gateway's heap over Node's inspector protocol. */
import type { Gateway } from "./gateway.ts";

export interface Inspector {
  /** Bytes in use after a garbage collection. */
  heapUsedBytes(): Promise<number>;
  close(): void;
}

/** The environment that makes a gateway inspectable. */
export const inspectable = { NODE_OPTIONS: "--inspect=127.0.0.1:0" };

/**
 * Connects to a gateway that was started with `inspectable`. Its workers also listen, so the process id identifies it.
 * @throws Error if none of the printed sockets belongs to the gateway's process.
 */
export async function inspect(gateway: Gateway): Promise<Inspector> {
  const urls = gateway.output().match(/ws:\/\/\S+/g) ?? [];
  for (const url of urls) {
    const session = await openSession(url).catch(() => undefined);
    const answer = (await session?.call("Runtime.evaluate", { expression: "process.pid" })) as
      | { result: { value: number } }
      | undefined;
    if (session !== undefined && answer?.result.value === gateway.pid) {
      return {
        async heapUsedBytes() {
          await session.call("HeapProfiler.collectGarbage");
          const { usedSize } = (await session.call("Runtime.getHeapUsage")) as { usedSize: number };
          return usedSize;
        },
        close: () => session.close(),
      };
    }
    session?.close();
  }
  throw new Error(`none of ${urls.length} inspector sockets is that of process ${gateway.pid}`);
}

async function openSession(url: string) {
  const socket = new WebSocket(url);
  const waiting = new Map<number, (result: unknown) => void>();
  let nextId = 1;
  socket.addEventListener("message", ({ data }) => {
    const { id, result } = JSON.parse(String(data));
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  return {
    call: (method: string, params: object = {}) =>
      new Promise<unknown>((resolve) => {
        const id = nextId;
        nextId += 1;
        waiting.set(id, resolve);
        socket.send(JSON.stringify({ id, method, params }));
      }),
    close: () => socket.close(),
  };
}
