/** Sends alerts to a webhook: one after the other, retried, with bounds on the queue and on the requests of a minute. */
import { setTimeout as sleep } from "node:timers/promises";
import type { AlertSettings } from "../config/schema.ts";
import { plainSecret, plainSecrets } from "../config/secrets.ts";
import { retry } from "../resilience/retry.ts";
import type { Folds } from "../telemetry/folds.ts";
import { signatureHeaders } from "./signature.ts";

export interface Webhook {
  /** Never throws, and waits for nothing. */
  send(notification: object): void;
  stop(): void;
}

export interface WebhookParts {
  /** Undefined: what waits is dropped. */
  readonly settings: () => AlertSettings["webhook"] | undefined;
  /** Tells what was not delivered. */
  readonly folds: Pick<Folds, "add">;
  readonly pace?: WebhookPace;
}

/** In milliseconds. */
interface WebhookPace {
  readonly answerWithinMs: number;
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  /** In which at most `maxPerWindow` requests are sent. */
  readonly windowMs: number;
}

const standardPace: WebhookPace = {
  answerWithinMs: 5000,
  firstBackoffMs: 1000,
  maxBackoffMs: 30_000,
  windowMs: 60_000,
};

/** Notifications that wait. The oldest one is dropped for a further one. */
const maxQueued = 100;
/** Those that are tried again count, too. */
const maxPerWindow = 30;
const retries = 5;

export function createWebhook(parts: WebhookParts): Webhook {
  const { settings, folds, pace = standardPace } = parts;
  const queue: object[] = [];
  const stopping = new AbortController();
  const { signal } = stopping;
  /** When the requests of the current window began; at most `maxPerWindow`. */
  let sentAtMs: number[] = [];
  let isBusy = false;

  const tell = (why: string) => {
    const what = `an alert could not be delivered to alerts.webhook (${why})`;
    folds.add(what, `passthrough: ${what}`);
  };

  const untilAllowed = async () => {
    const nowMs = performance.now();
    sentAtMs = sentAtMs.filter((atMs) => nowMs - atMs < pace.windowMs);
    const oldest = sentAtMs.at(-maxPerWindow);
    if (oldest !== undefined) {
      await sleep(oldest + pace.windowMs - nowMs, undefined, { signal, ref: false });
    }
    sentAtMs.push(performance.now());
  };

  const post = async (notification: object) => {
    await untilAllowed();
    const to = settings();
    if (to !== undefined) {
      const body = JSON.stringify(notification);
      await postTo(to, body, AbortSignal.any([signal, AbortSignal.timeout(pace.answerWithinMs)]));
    }
  };

  const work = async () => {
    isBusy = true;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const notification = next;
      await retry(() => post(notification), {
        retries,
        delayMs: (failure, attemptNumber) =>
          failure instanceof FinalFailure
            ? undefined
            : Math.min(pace.maxBackoffMs, pace.firstBackoffMs * 2 ** (attemptNumber - 1)),
        signal,
      }).catch((failure: unknown) => {
        if (!signal.aborted) {
          tell(failure instanceof Error ? failure.message : "unknown");
        }
      });
    }
    isBusy = false;
  };

  return {
    send(notification) {
      if (signal.aborted) {
        return;
      }
      queue.push(notification);
      if (queue.length > maxQueued) {
        queue.shift();
        tell("too many wait");
      }
      if (!isBusy) {
        void work();
      }
    },
    stop() {
      queue.length = 0;
      stopping.abort();
    },
  };
}

/** A failure that another try cannot mend. */
class FinalFailure extends Error {}

/** @throws Error, whose message has neither the URL's path nor what the receiver said. */
async function postTo(
  { url, secret, headers }: AlertSettings["webhook"],
  body: string,
  signal: AbortSignal,
): Promise<void> {
  const key = secret === undefined ? "" : plainSecret(secret);
  const extra = plainSecrets(headers);
  if (key === undefined || extra === undefined) {
    throw new FinalFailure(
      "the gateway could not resolve a secret of alerts.webhook; check the reference, or write the value",
    );
  }
  const response = await fetch(url, {
    method: "POST",
    body,
    // A redirect may lead where the secret headers do not belong.
    redirect: "manual",
    headers: {
      ...extra,
      "content-type": "application/json",
      "user-agent": "openclaw-passthrough",
      ...(key === ""
        ? {}
        : signatureHeaders(body, { secret: key, atSeconds: Math.floor(Date.now() / 1000) })),
    },
    signal,
  }).catch((failure: unknown) => {
    throw new Error(wordsOf(failure), { cause: failure });
  });
  await response.body?.cancel();
  if (!response.ok) {
    const { status } = response;
    const isTemporary = status === 408 || status === 429 || status >= 500;
    throw isTemporary ? new Error(`status ${status}`) : new FinalFailure(`status ${status}`);
  }
}

/** A code such as `ECONNREFUSED`. */
function wordsOf(failure: unknown): string {
  if (failure instanceof DOMException && failure.name === "TimeoutError") {
    return "no answer in time";
  }
  const cause = failure instanceof Error ? failure.cause : undefined;
  return cause instanceof Error && "code" in cause ? String(cause.code) : "not reached";
}
