/** A short version of `npm run soak`. */
import { expect, test } from "vitest";
import { inspectable } from "../support/inspector.ts";
import { soak, soakConfig } from "../support/soak.ts";
import { useGateway } from "./fixture.ts";

const fixture = useGateway({ config: () => soakConfig, env: inspectable });
const mebibyte = 1024 * 1024;

test("2,000 requests (a third aborted, a third failing) leave no socket, queue entry or heap growth", async () => {
  const { gateway, provider } = fixture;
  const report = await soak({ gateway, provider, requests: 2000, concurrency: 64 });
  expect(report.outcomes["aborted"]).toBeGreaterThan(300);
  // Every request is answered unless its client disconnected; one that disconnects mid-answer also counts as ended.
  expect(report.answered).toBeGreaterThan(1700);
  expect(report.status.totals.requests).toBeGreaterThanOrEqual(report.answered);
  expect(report.outcomes["200"]).toBeGreaterThan(600);
  // A 422 is passed on, which proves that failures occur; other failures are rescued or cut.
  expect(report.outcomes["422"]).toBeGreaterThan(10);
  expect(report.outcomes).not.toHaveProperty("500");
  expect(report.openSockets).toBe(0);
  expect(report.status).toMatchObject({
    ok: true,
    upstream: { active: 0, queued: 0, openCircuits: [] },
  });
  const [, second, , last] = report.samples;
  expect((last?.heapUsedBytes ?? 0) - (second?.heapUsedBytes ?? 0)).toBeLessThan(8 * mebibyte);
});
