/** Decompresses answers as they arrive, for providers that ignore `accept-encoding: identity`. */
import type { Transform } from "node:stream";
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from "node:zlib";
import type { Dispatcher } from "undici";
import type { HeaderFields } from "../text/header-fields.ts";

/** The answer has a `content-encoding` that this process cannot decompress. */
export class UnknownEncodingError extends Error {
  override readonly name = "UnknownEncodingError";
}

/** Gives a handler the decompressed body. Its `pause` and `resume` then act on that body. */
export function decoded(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  return new Decoding(handler);
}

type Controller = Dispatcher.DispatchController;

/** A class, because one is made per request: methods on the prototype cost no allocation. */
class Decoding implements Dispatcher.DispatchHandler {
  readonly #next: Dispatcher.DispatchHandler;
  #decoder: Transform | undefined;
  #hasFailed = false;

  constructor(next: Dispatcher.DispatchHandler) {
    this.#next = next;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#next.onRequestStart?.(controller, context);
  }

  onResponseStart(controller: Controller, status: number, headers: HeaderFields): void {
    const encoding = headers["content-encoding"];
    const decoder =
      // 1xx answers precede the real one (RFC 9110, section 15.2).
      encoding === undefined || status < 200 ? undefined : createDecoder(encoding);
    if (decoder === undefined) {
      this.#next.onResponseStart?.(controller, status, headers);
    } else if (decoder === "unknown") {
      this.#fail(controller, new UnknownEncodingError("unknown content-encoding"));
    } else {
      this.#decoder = decoder;
      const outer = decodedController(controller, decoder);
      decoder.on("data", (chunk: Buffer) => this.#next.onResponseData?.(outer, chunk));
      decoder.on("end", () => this.#next.onResponseEnd?.(outer, {}));
      decoder.on("error", (cause: Error) => this.#fail(controller, cause));
      // The length is that of the compressed body.
      const { "content-length": _, ...others } = headers;
      this.#next.onResponseStart?.(outer, status, others);
    }
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    const decoder = this.#decoder;
    if (decoder === undefined) {
      this.#next.onResponseData?.(controller, chunk);
    } else if (!decoder.destroyed && !decoder.write(chunk)) {
      controller.pause();
      decoder.once("drain", () => controller.resume());
    }
  }

  onResponseEnd(controller: Controller): void {
    if (this.#decoder === undefined) {
      this.#next.onResponseEnd?.(controller, {});
    } else {
      this.#decoder.end();
    }
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (!this.#hasFailed) {
      this.#decoder?.destroy();
      this.#next.onResponseError?.(_controller, error);
    }
  }

  /** Reports a failure of ours, and closes the connection. */
  #fail(controller: Controller, cause: Error): void {
    this.#hasFailed = true;
    this.#next.onResponseError?.(controller, cause);
    controller.abort(cause);
  }
}

function decodedController(controller: Controller, decoder: Transform): Controller {
  return {
    get aborted() {
      return controller.aborted;
    },
    get reason() {
      return controller.reason;
    },
    get paused() {
      return decoder.isPaused();
    },
    pause: () => void decoder.pause(),
    resume: () => void decoder.resume(),
    abort(reason) {
      decoder.destroy();
      controller.abort(reason);
    },
  };
}

/** Flush after each chunk: an event must not wait for a full block. */
const zlibFlush = { flush: constants.Z_SYNC_FLUSH };
const brotliFlush = { flush: constants.BROTLI_OPERATION_FLUSH };

const decoders: ReadonlyMap<string, () => Transform> = new Map(
  Object.entries({
    gzip: () => createGunzip(zlibFlush),
    "x-gzip": () => createGunzip(zlibFlush),
    deflate: () => createInflate(zlibFlush),
    br: () => createBrotliDecompress(brotliFlush),
    zstd: () => createZstdDecompress(),
  }),
);

/**
 * @param encoding the value of `content-encoding`.
 * @returns undefined for no encoding, `"unknown"` for an unsupported one.
 */
function createDecoder(encoding: string | string[]): Transform | "unknown" | undefined {
  const name = String(encoding).trim().toLowerCase();
  return name === "identity" || name === "" ? undefined : (decoders.get(name)?.() ?? "unknown");
}
