/** Starts a third-party server for the benchmark. */
import { spawn } from "node:child_process";

export interface Rival {
  readonly origin: string;
  readonly pid: number;
  /** Its name and version. */
  readonly title: string;
  /** Ends the process. */
  close(): Promise<void>;
}

export interface RivalOptions {
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly port: number;
}

const startTimeoutMs = 20_000;

/** @throws Error if it ends or does not answer in time; the cause is its output. */
export async function startRival(options: RivalOptions): Promise<Rival> {
  const { title, command, args, cwd, port } = options;
  const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const printed: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => printed.push(chunk));
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    const settle = () => {
      hasEnded = true;
      resolve();
    };
    child.once("exit", settle);
    child.once("error", (error) => {
      printed.push(Buffer.from(error.message));
      settle();
    });
  });
  const killOnExit = () => child.kill("SIGKILL");
  process.once("exit", killOnExit);
  const close = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(timer);
    process.off("exit", killOnExit);
  };

  const origin = `http://127.0.0.1:${port}`;
  const deadlineMs = performance.now() + startTimeoutMs;
  while (!(await answers(origin))) {
    if (hasEnded || performance.now() > deadlineMs) {
      await close();
      throw new Error("did not start", { cause: Buffer.concat(printed).toString().trim() });
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { origin, pid: child.pid as number, title, close };
}

function answers(origin: string): Promise<boolean> {
  return fetch(origin).then(
    async (response) => {
      await response.body?.cancel();
      return true;
    },
    () => false,
  );
}
