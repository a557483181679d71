/** A child process of the benchmark that answers questions over IPC: both sides of it. */
import { fork } from "node:child_process";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** A running child. Ask one question at a time. */
export interface Child<Question, Answer> {
  readonly pid: number;
  /** @throws Error if the child fails or has ended. */
  ask(question: Question): Promise<Answer>;
  /** Ends the process. */
  close(): Promise<void>;
}

type Reply<Answer> =
  | { readonly kind: "done"; readonly answer: Answer }
  | { readonly kind: "failed"; readonly message: string };

/** Starts a script that calls `answerParent`. It ends with this process, however this process ends. */
export function startChild<Question extends object, Answer>(
  script: URL,
  args: readonly string[] = [],
): Child<Question, Answer> {
  const path = fileURLToPath(script);
  const child = fork(path, args);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    pid: child.pid as number,
    ask(question) {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      child.once("message", (reply: Reply<Answer>) => {
        if (reply.kind === "done") {
          resolve(reply.answer);
        } else {
          reject(new Error(reply.message));
        }
      });
      child.send(question, (error) => error && reject(error));
      void ended.then(() => reject(new Error(`${basename(path)} ended before it answered`)));
      return promise;
    },
    async close() {
      child.kill();
      await ended;
    },
  };
}

/**
 * The child's end: answers each question of its parent, and ends when the parent is gone.
 * @param answerTo takes what the parent gives to `ask`.
 */
export function answerParent(answerTo: (question: never) => Promise<unknown>): void {
  process.on("message", (question) => {
    answerTo(question as never).then(
      (answer) => tellParent({ kind: "done", answer }),
      (error: Error) => tellParent({ kind: "failed", message: error.message }),
    );
  });
  process.once("disconnect", () => process.exit());
}

function tellParent(message: Reply<unknown>): void {
  process.send?.(message);
}
