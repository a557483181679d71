/** A stream whose provider waits with each piece until the client has the one before: a relay that batches hangs. */
import type { Readable } from "node:stream";
import type { Behaviour } from "./provider.ts";

export interface PacedStream {
  readonly behaviour: Behaviour;
  /** Reads an answer to its end, and lets the provider go on as the pieces arrive. */
  read(answer: Readable): Promise<string>;
}

export function pacedStream(pieces: readonly string[]): PacedStream {
  const gates = pieces.map(() => Promise.withResolvers<void>());
  return {
    async behaviour({ response }) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const [at, piece] of pieces.entries()) {
        response.write(piece);
        await gates[at]?.promise;
      }
      response.end();
    },
    async read(answer) {
      let seen = "";
      let at = 0;
      for await (const part of answer) {
        seen += (part as Buffer).toString();
        if (seen === pieces.slice(0, at + 1).join("")) {
          gates[at]?.resolve();
          at += 1;
        }
      }
      return seen;
    },
  };
}
