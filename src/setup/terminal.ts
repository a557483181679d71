/** Asks at the terminal of this process. */
import { createInterface } from "node:readline/promises";
import type { InitCommandParts } from "./command.ts";
import { ClosedError } from "./questions.ts";

/** @returns undefined if standard input is no terminal. Questions go to standard error, so that the output stays a result. */
export function terminalOf({
  stdin,
  stderr,
}: Pick<NodeJS.Process, "stdin" | "stderr">): InitCommandParts["withTerminal"] {
  if (!stdin.isTTY) {
    return undefined;
  }
  return async (run) => {
    const lines = createInterface({ input: stdin, output: stderr });
    const closed = Promise.withResolvers<never>();
    closed.promise.catch(() => undefined);
    lines.once("close", () => closed.reject(new ClosedError("nothing was changed")));
    try {
      return await run(async (question) =>
        (await Promise.race([lines.question(question), closed.promise])).trim(),
      );
    } finally {
      lines.close();
    }
  };
}
