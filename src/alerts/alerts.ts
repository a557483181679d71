/** Looks at the conditions every 15 seconds where `alerts` is configured, and sends what changed to the webhook. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { AlertSettings } from "../config/schema.ts";
import { createFolds } from "../telemetry/folds.ts";
import type { Logger } from "../telemetry/log.ts";
import { type AlertFacts, findingsOf, standardThresholds } from "./conditions.ts";
import { createAlertWatch } from "./watch.ts";
import { createWebhook } from "./webhook.ts";

export interface Alerts {
  start(): void;
  stop(): void;
}

export interface AlertsParts {
  /** The current ones; undefined while alerts are off. */
  readonly settings: () => AlertSettings | undefined;
  readonly facts: () => AlertFacts;
  readonly gatewayPort: () => number;
  readonly logger: Pick<Logger, "warn">;
}

const lookIntervalMs = 15_000;

export function createAlerts({ settings, facts, gatewayPort, logger }: AlertsParts): Alerts {
  const folds = createFolds({ write: logger.warn });
  const watch = createAlertWatch();
  const webhook = createWebhook({ settings: () => settings()?.webhook, folds });
  let timer: NodeJS.Timeout | undefined;

  const look = () => {
    const wanted = settings();
    if (wanted === undefined) {
      watch.clear();
      return;
    }
    const findings = findingsOf(facts(), { ...standardThresholds, ...wanted.thresholds });
    for (const { alert, state, subject, value, threshold } of watch.take(findings)) {
      webhook.send({
        id: randomUUID(),
        alert,
        state,
        at: new Date().toISOString(),
        ...subject,
        value,
        threshold,
        gateway: `${hostname()}:${gatewayPort()}`,
      });
    }
  };

  return {
    start() {
      timer = setInterval(() => {
        try {
          look();
        } catch {
          // Such as a config that cannot be read now. An exception in a timer would end the thread.
        }
      }, lookIntervalMs);
      timer.unref();
    },
    stop() {
      clearInterval(timer);
      webhook.stop();
      folds.stop();
    },
  };
}
