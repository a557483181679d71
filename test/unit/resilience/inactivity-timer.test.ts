import { expect, test } from "vitest";
import { createInactivityTimer } from "../../../src/resilience/inactivity-timer.ts";
import { stopClock } from "../../support/clock.ts";

test("an inactivity timer fires once, when the time since the last activity has passed", async () => {
  const clock = stopClock();
  let silences = 0;
  const watch = createInactivityTimer(() => {
    silences += 1;
  });
  watch.expect(60);
  for (let at = 0; at < 10; at += 1) {
    await clock.pass(59);
    watch.touch();
  }
  await clock.pass(59);
  expect(silences).toBe(0);
  await clock.pass(1);
  expect(silences).toBe(1);
  await clock.pass(1000);
  expect(silences).toBe(1);
  watch.expect(20);
  watch.stop();
  await clock.pass(1000);
  expect(silences).toBe(1);
});
