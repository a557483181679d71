/** The host's config as snapshots, and things that are derived once for each of them. */

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
