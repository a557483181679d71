/** Snapshots of the host's config. */
import { isDeepStrictEqual } from "node:util";

interface PluginsConfig {
  /** When and by which program the config was written. */
  readonly meta?: object | undefined;
  readonly plugins?:
    | { readonly entries?: Readonly<Record<string, unknown>> | undefined }
    | undefined;
}

/**
 * Returns the config, but ignores changes of the plugin's own part: `current` returns a new object after one, this still
 * returns the previous object.
 */
export function ignoringOurs<S extends PluginsConfig>(current: () => S): () => S {
  let known: { readonly latest: S; readonly given: S } | undefined;
  return () => {
    const latest = current();
    if (known?.latest !== latest) {
      const isSame =
        known !== undefined && isDeepStrictEqual(withoutOurs(known.given), withoutOurs(latest));
      known = { latest, given: isSame && known !== undefined ? known.given : latest };
    }
    return known.given;
  };
}

function withoutOurs(config: PluginsConfig): object {
  const { passthrough: _ours, ...entries } = config.plugins?.entries ?? {};
  const { meta: _written, ...rest } = config;
  return { ...rest, plugins: { ...config.plugins, entries } };
}

/** Greatest age of a cached snapshot. A reload takes the host longer than this. */
const snapshotTtlMs = 20;

/**
 * Reads the host's config at most once in 20 ms. Each read enters an async context of the host; several reads per request
 * were a tenth of the relay's overhead.
 */
export function readSeldom<S>(read: () => S, now: () => number = () => performance.now()): () => S {
  let known: { readonly snapshot: S; readonly untilMs: number } | undefined;
  return () => {
    const nowMs = now();
    if (known === undefined || nowMs >= known.untilMs) {
      known = { snapshot: read(), untilMs: nowMs + snapshotTtlMs };
    }
    return known.snapshot;
  };
}
