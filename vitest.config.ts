import { defineConfig } from "vitest/config";

/** Guards against waiting forever, and no promises about speed: a test may run beside much other work. */
const quick = { testTimeout: 60_000, hookTimeout: 60_000 };
const slow = { testTimeout: 300_000, hookTimeout: 300_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], ...quick } },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], ...quick } },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/e2e/setup.ts"],
          // Each file has a gateway of its own; two of them are what two cores carry.
          maxWorkers: 2,
          ...slow,
        },
      },
    ],
  },
});
