/** A stream whose provider sends each piece only after the client has the previous one. A relay that batches would hang. */
import type { Readable } from "node:stream";
import type { Behaviour } from "./provider.ts";

export interface PacedStream {
  readonly behaviour: Behaviour;
  /** Reads an answer to its end and releases the next piece when one arrives. */
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
