/** The host's config as snapshots, and things that are derived once for each of them. */
import { isDeepStrictEqual } from "node:util";

/**
 * @param current gives the snapshot; the host keeps one object until the config changes, and then has another.
 * @param derive makes the value; what it gave for an earlier snapshot is let go.
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
  /** When and by what it was written. */
  readonly meta?: object | undefined;
  readonly plugins?:
    | { readonly entries?: Readonly<Record<string, unknown>> | undefined }
    | undefined;
}

/**
 * The config without regard to the plugin's own part of it. The host has another object after each change; while all else is
 * equal, the first of them is given.
 */
export function ignoringOurs<S extends PluginsConfig>(current: () => S): () => S {
  let known: { readonly latest: S; readonly given: S } | undefined;
  return () => {
    const latest = current();
    if (known?.latest !== latest) {
      const isSame = known !== undefined && isDeepStrictEqual(others(known.given), others(latest));
      known = { latest, given: isSame && known !== undefined ? known.given : latest };
    }
    return known.given;
  };
}

function others(config: PluginsConfig): object {
  const { passthrough: _ours, ...entries } = config.plugins?.entries ?? {};
  const { meta: _written, ...rest } = config;
  return { ...rest, plugins: { ...config.plugins, entries } };
}

/** How old a snapshot may be, in milliseconds. A reload takes the host longer than this. */
const snapshotTtlMs = 20;

/**
 * Reads the host's config at most so often: a read enters an async context of the host's, several of them a request were
 * a tenth of what the relay costs.
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
