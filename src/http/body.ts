/** Reads the body of a request. */
import { createByteCollector } from "../text/byte-collector.ts";
import { RelayError } from "../errors.ts";
import type { ClientRequest } from "./exchange.ts";

/**
 * Reads the whole body. The rest of a refused body is discarded as it arrives, so that the client can finish sending and
 * then reads the answer.
 * @param maxBytes the largest body that is accepted.
 * @throws RelayError `body_too_large`, `unsupported_encoding`, or `client_closed` if the client disconnects.
 */
export function readBody(request: ClientRequest, maxBytes: number): Promise<Buffer> {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    return Promise.reject(
      new RelayError(
        "unsupported_encoding",
        "The request body is compressed. Send it without content-encoding.",
      ),
    );
  }
  if (Number(request.headers["content-length"]) > maxBytes) {
    return Promise.reject(tooLarge(maxBytes));
  }
  return new Promise((resolve, reject) => {
    const body = createByteCollector();
    const onData = (chunk: Buffer) => {
      if (body.length + chunk.length > maxBytes) {
        body.take();
        request.off("data", onData);
        reject(tooLarge(maxBytes));
        return;
      }
      body.push(chunk);
    };
    request.on("data", onData);
    request.once("end", () => resolve(body.take()));
    request.once("error", (cause) => {
      reject(new RelayError("client_closed", "The client aborted its request.", { cause }));
    });
  });
}

function tooLarge(maxBytes: number): RelayError {
  return new RelayError(
    "body_too_large",
    `The request body is larger than ${maxBytes} bytes. Send less, or ask the gateway's operator to raise plugins.entries.passthrough.config.maxBodyBytes.`,
  );
}
