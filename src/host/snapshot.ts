/** Snapshots of the host's config, and values that are derived once per snapshot. */
import { isDeepStrictEqual } from "node:util";

/**
 * Caches a value that is derived from the config, for the latest snapshot only.
 * @param current returns the snapshot: the same object until the config changes.
 * @param derive computes the value from a snapshot.
 */
export function perSnapshot<S extends object, T>(
  current: () => S,
  derive: (snapshot: S) => T,
): () => T {
  let known: { readonly snapshot: S; readonly value: T } | undefined;
  return () => {
    const snapshot = current();
    if (known?.snapshot !== snapshot) {
      known = { snapshot, value: derive(snapshot) };
    }
    return known.value;
  };
}

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
