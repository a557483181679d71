/** 20,000 requests through a real gateway, a third aborted, a third failing, 64 at once. `npm run soak`. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { relayConfig } from "../test/e2e/relay-config.ts";
import { scratchFolder, startGateway } from "../test/support/gateway.ts";
import { inspectable } from "../test/support/inspector.ts";
import { installPlugin, packPlugin } from "../test/support/install.ts";
import { startProvider } from "../test/support/provider.ts";
import { soak, soakConfig } from "../test/support/soak.ts";

const { values: options } = parseArgs({
  options: { requests: { type: "string", default: "20000" } },
});

const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

const folder = await scratchFolder("soak");
const provider = await startProvider();
try {
  await installPlugin(folder, await packPlugin(folder));
  const gateway = await startGateway({
    stateFrom: join(folder, "state"),
    config: relayConfig(provider, soakConfig),
    env: inspectable,
  });
  try {
    const report = await soak({
      gateway,
      provider,
      requests: Number(options.requests),
      concurrency: 64,
      onQuarter: ({ requests, heapUsedBytes, rssBytes }) =>
        console.log(
          `${requests} requests: heap ${mebibytes(heapUsedBytes)}, RSS ${mebibytes(rssBytes)}`,
        ),
    });
    console.log(JSON.stringify({ ...report, samples: undefined }, null, 2));
  } finally {
    await gateway.close();
  }
} finally {
  await provider.close();
  await rm(folder, { recursive: true, force: true });
}
