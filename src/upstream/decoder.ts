/** Decompresses an answer as it arrives, for providers that ignore `accept-encoding: identity`. */
import type { Transform } from "node:stream";
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from "node:zlib";

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
export function createDecoder(encoding: string | string[]): Transform | "unknown" | undefined {
  const name = String(encoding).trim().toLowerCase();
  return name === "identity" || name === "" ? undefined : (decoders.get(name)?.() ?? "unknown");
}
