/** What the benchmark uses of autocannon 9, which has no types and is not installed with this project. */
import { createRequire } from "node:module";
import { join } from "node:path";

/** One connection. The events and the two fields are those of `lib/httpClient.js`. */
export interface Client {
  on(event: "request", listener: () => void): void;
  on(event: "body", listener: (piece: Buffer) => void): void;
  on(event: "response", listener: (status: number, bytes: number, latencyMs: number) => void): void;
  readonly reqsMade: number;
  responseMax: number | undefined;
}

interface Options {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connections: number;
  readonly duration: number;
  readonly timeout: number;
  /** Broken connections after which it gives up. */
  readonly bailout: number;
  /** How often it looks whether it is at an end, in milliseconds. */
  readonly sampleInt: number;
  readonly setupClient: (client: Client) => void;
  readonly verifyBody: (body: string) => boolean;
}

type Autocannon = (
  options: Options,
) => Promise<{ readonly errors: number; readonly mismatches: number }>;

/** @param folder where npm has installed it. */
export async function loadAutocannon(folder: string): Promise<Autocannon> {
  return createRequire(join(folder, "package.json"))("autocannon");
}
