/** The client's `stop`, for protocols that take a list of texts. */
import type { Parameters } from "./parameters.ts";

/**
 * @param isUsable an empty text would end every answer at once, or is refused.
 * @param max the protocol takes no more.
 * @returns undefined if nothing of it can be said; what cannot be said is named as dropped.
 */
export function takeStop(
  parameters: Parameters,
  isUsable: (text: string) => boolean = (text) => text !== "",
  max = Infinity,
): readonly string[] | undefined {
  const stop = parameters.take("stop") ?? [];
  const given: readonly unknown[] = Array.isArray(stop) ? stop : [stop];
  const usable = given
    .filter((text): text is string => typeof text === "string" && isUsable(text))
    .slice(0, max);
  if (usable.length < given.length) {
    parameters.drop("stop");
  }
  return usable.length > 0 ? usable : undefined;
}
