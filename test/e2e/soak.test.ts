/** The soak of `npm run soak`, short. */
import { expect, test } from "vitest";
import { inspectable } from "../support/inspector.ts";
import { soak, soakConfig } from "../support/soak.ts";
import { useGateway } from "./fixture.ts";

const fixture = useGateway({ config: () => soakConfig, env: inspectable });
const mebibyte = 1024 * 1024;

test("2,000 requests, a third aborted, a third failing, leave nothing behind", async () => {
  const { gateway, provider } = fixture;
  const report = await soak({ gateway, provider, requests: 2000, concurrency: 64 });
  expect(report.outcomes["aborted"]).toBeGreaterThan(300);
  // All but those that left at any moment have an answer; those that left in the middle of it count as ended, too.
  expect(report.answered).toBeGreaterThan(1700);
  expect(report.status.totals.requests).toBeGreaterThanOrEqual(report.answered);
  expect(report.outcomes["200"]).toBeGreaterThan(600);
  // 422 is passed on, and so it shows that failures reach the provider; everything else is rescued or cut.
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
