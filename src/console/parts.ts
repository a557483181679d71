/** What the commands of this room need. */
import type { Ask } from "./ask.ts";
import type { Screen } from "./screen.ts";

export interface ConsoleParts {
  readonly ask: Ask;
  /** The terminal as it is now: a person may change its size. */
  readonly screen: () => Screen;
  /** Comes at once, and then again after each pause, until a person interrupts the command. */
  readonly every: (pauseMs: number) => AsyncIterable<number>;
}
