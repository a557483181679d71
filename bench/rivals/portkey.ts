/** Portkey's gateway, from npm. */
import { freePort } from "../../test/support/gateway.ts";
import { installed, portkeyPackage } from "../packages.ts";
import { type Rival, startRival } from "./server.ts";

/** @throws Error if npm cannot fetch it or it does not start. */
export async function startPortkey(): Promise<Rival> {
  const folder = await installed(portkeyPackage);
  const port = await freePort();
  return startRival({
    title: `Portkey ${portkeyPackage.version}`,
    command: process.execPath,
    args: [
      `node_modules/${portkeyPackage.name}/build/start-server.js`,
      "--headless",
      `--port=${port}`,
    ],
    cwd: folder,
    port,
  });
}

/** The headers that select the provider. */
export function portkeyHeaders(providerUrl: string): Readonly<Record<string, string>> {
  return { "x-portkey-provider": "openai", "x-portkey-custom-host": providerUrl };
}
