/**
 * The benchmark: what a request costs directly at the provider, through an empty route of the gateway, through our
 * route, passed through and light, and through core's endpoint.
 *
 *     npm run bench               about five minutes; prints the results and writes docs/bench.md
 *     npm run bench -- --quick    under a minute, for trying out; prints only
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { report } from "./report.ts";
import { measureInRounds } from "./rounds.ts";
import { startStage } from "./stage.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
// Direct answers come by the ten thousand, so that more time for them would be wasted.
const extent = values.quick
  ? { rounds: 1, durationsMs: { direct: 100, empty: 500, ours: 500, light: 500, core: 500 } }
  : {
      rounds: 16,
      durationsMs: { direct: 150, empty: 750, ours: 750, light: 750, core: 1000 },
    };

const page = new URL("../docs/bench.md", import.meta.url);
const hostPackage = new URL("../node_modules/openclaw/package.json", import.meta.url);

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
}

build();
const stage = await startStage();
try {
  const blocks = await measureInRounds(stage, { ...extent, signal: stopping.signal });
  const { version: hostVersion } = JSON.parse(readFileSync(hostPackage, "utf8"));
  const markdown = report(blocks, {
    ...extent,
    date: new Date().toISOString().slice(0, 10),
    nodeVersion: process.version,
    hostVersion,
    cores: availableParallelism(),
  });
  console.log(markdown);
  if (!values.quick) {
    writeFileSync(page, markdown);
  }
} finally {
  await stage.close();
}

/** The gateway loads what is in dist/. */
function build(): void {
  const { status } = spawnSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
  if (status !== 0) {
    throw new Error("the build failed");
  }
}
