/** What the log says at the start: where the relay listens, and how. */

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
