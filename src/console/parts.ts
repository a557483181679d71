/** What the commands of this room need. */
import type { Ask } from "./ask.ts";
import type { Screen } from "./screen.ts";

export interface ConsoleParts {
  readonly ask: Ask;
  /** The terminal as it is now: a person may change its size. */
  readonly screen: () => Screen;
  /** Aborted when a person interrupts the command. Called by commands that go on until then. */
  readonly untilInterrupted: () => AbortSignal;
}
