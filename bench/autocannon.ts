/** Types for the parts of autocannon 9 that the benchmark uses. It has no types and is not installed with this project. */
import { createRequire } from "node:module";
import { join } from "node:path";

/** One connection. The events, the method and the two fields are those of `lib/httpClient.js`. */
export interface Client {
  on(event: "request", listener: () => void): void;
  on(event: "body", listener: (piece: Buffer) => void): void;
  on(event: "response", listener: (status: number, bytes: number, latencyMs: number) => void): void;
  setHeaders(headers: Readonly<Record<string, string>>): void;
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
  /** The number of broken connections after which it stops. */
  readonly bailout: number;
  /** How often it checks whether it has finished, in milliseconds. */
  readonly sampleInt: number;
  readonly setupClient: (client: Client) => void;
  readonly verifyBody: (body: string) => boolean;
}

type Autocannon = (
  options: Options,
) => Promise<{ readonly errors: number; readonly mismatches: number }>;

/** @param folder where npm installed it. */
export async function loadAutocannon(folder: string): Promise<Autocannon> {
  return createRequire(join(folder, "package.json"))("autocannon");
}
