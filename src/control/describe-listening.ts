/** The log line at start: where the relay listens, and in which mode. */

export interface Listening {
  readonly mode: string;
  readonly port: number;
  readonly keyCount: number;
}

export function describeListening({ mode, port, keyCount }: Listening): string {
  return (
    `listening on port ${port}: /v1 for the gateway's own callers, ` +
    `/passthrough/v1 for ${keyCount} virtual ${keyCount === 1 ? "key" : "keys"}; mode ${mode}`
  );
}
