/** Sends what the host's own exporters are told to the gateway's thread, in bounded batches, while one is enabled. */
import type { Subscriber } from "../telemetry/events.ts";
import { type ModelReport, modelReports } from "../telemetry/model-reports.ts";

export interface ReportFeedParts {
  /** Whether one of the host's exporters is enabled. */
  readonly isWanted: () => boolean;
  readonly send: (reports: readonly ModelReport[]) => void;
}

const batchDelayMs = 250;
/** Further ones are left out: the gateway's thread has agents to run. */
const maxBatch = 2000;

export function createReportFeed({ isWanted, send }: ReportFeedParts): Subscriber {
  let batch: ModelReport[] = [];
  const flush = () => {
    const reports = batch;
    batch = [];
    send(reports);
  };
  return (event) => {
    if (event.kind !== "request-end" || event.attempts.length === 0 || !isWanted()) {
      return;
    }
    const reports = modelReports(event);
    if (reports.length === 0 || batch.length + reports.length > maxBatch) {
      return;
    }
    if (batch.length === 0) {
      setTimeout(flush, batchDelayMs).unref();
    }
    batch.push(...reports);
  };
}
