/** What `init` prints. Pure. */
import { entryPath } from "../control/problems.ts";
import { onTerminal } from "../control/terminal-text.ts";
import type { InitResult } from "./init.ts";

export function describeDiff(diff: readonly string[]): string {
  return [`${entryPath}:`, ...diff].map(onTerminal).join("\n");
}

/**
 * @param isDiffKnown whether the operator has just seen the difference.
 * @returns lines without a final line feed. The curl line is the last one.
 */
export function describeInit(result: InitResult, isDiffKnown: boolean): string {
  const { changed, diff, key, works, notes, curl } = result;
  const written = changed
    ? `${isDiffKnown ? "" : `${describeDiff(diff)}\n\n`}Written to the gateway's config.`
    : "The gateway's config says all this already.";
  const made =
    key.text === null
      ? `There is a key "${key.name}" already. Its text is stored nowhere: put it into PASSTHROUGH_KEY, or get a new one with \`openclaw passthrough keys rotate ${key.name}\`.`
      : `The key "${key.name}" was made. Store it now, it is not shown again:\n${key.text}`;
  return [
    written,
    made,
    ...notes,
    works === true
      ? "The running gateway accepts it. Try it:"
      : works === false
        ? "The running gateway does not serve it yet: `openclaw passthrough doctor` says what is wrong. Then try it:"
        : "With a running gateway (`openclaw gateway restart`), try it:",
  ]
    .map((part) => `${part}\n`)
    .concat(curl)
    .join("\n");
}
