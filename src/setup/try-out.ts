/** Tries a new key at the running gateway, which may still be applying the change. */
import { setTimeout as sleep } from "node:timers/promises";
import { isRecord } from "../text/json.ts";
import type { InitParts, Trial } from "./init.ts";

export interface TryOutParts {
  readonly isGatewayRunning: () => Promise<boolean>;
  /** Upper bound for the gateway to apply the config, open the listener and read the key. */
  readonly withinMs?: number;
  readonly pauseMs?: number;
}

const answerWithinMs = 5000;

/** It asks for the list of models, which calls no provider. A failure is an answer: the key's text must not be lost by it. */
export function createTryOut(parts: TryOutParts): InitParts["tryOut"] {
  const { isGatewayRunning, withinMs = 20_000, pauseMs = 250 } = parts;
  return async (trial) => {
    if (!(await isGatewayRunning().catch(() => false))) {
      return undefined;
    }
    const deadlineMs = performance.now() + withinMs;
    while (!(await lists(trial))) {
      if (performance.now() >= deadlineMs) {
        return false;
      }
      await sleep(pauseMs);
    }
    return true;
  };
}

async function lists({ baseUrl, key, model }: Trial): Promise<boolean> {
  try {
    const response = await fetch(`${baseUrl}/models`, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(answerWithinMs),
    });
    const answer: unknown = response.ok ? await response.json() : undefined;
    return (
      isRecord(answer) &&
      Array.isArray(answer["data"]) &&
      answer["data"].some((entry) => isRecord(entry) && entry["id"] === model)
    );
  } catch {
    return false;
  }
}
