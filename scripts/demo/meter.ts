/** A proxy between a gateway and a provider that measures what the provider is sent. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface Meter {
  readonly baseUrl: string;
  /** The size of the last request body, in bytes. */
  readonly sentBytes: number;
  /** The prompt tokens that the provider reported for it, if any. */
  readonly promptTokens: number | undefined;
  /** Forwards further requests to another provider. @param target its base URL. */
  forwardTo(target: string): void;
  close(): Promise<void>;
}

/** As chat completions, Claude and Gemini report them. */
const promptTokensOf = /"(?:prompt_tokens|input_tokens|promptTokenCount)":\s*(\d+)/;

const notForwarded = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
]);

/** @param target the provider's base URL. */
export async function startMeter(target: string): Promise<Meter> {
  let forwardsTo = target;
  let sentBytes = 0;
  let promptTokens: number | undefined;
  const server = createServer((incoming, response) => {
    const forward = async () => {
      const body = Buffer.concat(await incoming.toArray());
      // Of `/v1beta`, `beta` is left, and follows the `/v1` of the scripted provider.
      const answer = await fetch(`${forwardsTo}${(incoming.url ?? "").replace(/^\/v1/, "")}`, {
        method: incoming.method ?? "POST",
        headers: forwardedHeaders(incoming.headers),
        body,
      });
      sentBytes = body.length;
      promptTokens = undefined;
      response.writeHead(answer.status, {
        "content-type": answer.headers.get("content-type") ?? "application/json",
      });
      const text = Readable.from(answer.body ?? []).map((chunk: Uint8Array) => {
        const found = promptTokensOf.exec(Buffer.from(chunk).toString("latin1"));
        promptTokens = found === null ? promptTokens : Number(found[1]);
        return chunk;
      });
      await pipeline(text, response);
    };
    forward().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get sentBytes() {
      return sentBytes;
    },
    get promptTokens() {
      return promptTokens;
    },
    forwardTo(other) {
      forwardsTo = other;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function forwardedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === "string" && !notForwarded.has(name) ? [[name, value]] : [],
    ),
  );
}
