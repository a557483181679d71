import { defineConfig } from "vitest/config";

/** These timeouts only guard against hanging: a test may run on a busy machine. */
const quick = { testTimeout: 60_000, hookTimeout: 60_000 };
const slow = { testTimeout: 300_000, hookTimeout: 300_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], ...quick } },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], ...quick } },
      {
        // The relay's ports as they are between threads: every call to the host is a message.
        test: {
          name: "integration over ports",
          include: [
            "test/integration/{agent,host-runtime,keys,light,models-and-embeddings,sessions}.test.ts",
          ],
          env: { RELAY_PORTS: "message" },
          ...quick,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/e2e/setup.ts"],
          // Each file starts its own gateway; two cores can run two of them.
          maxWorkers: 2,
          ...slow,
        },
      },
    ],
  },
});
