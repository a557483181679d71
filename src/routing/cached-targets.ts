/** Caches the resolution of directly named models, for each snapshot of the config. */
import { LRUCache } from "lru-cache";
import { perSnapshot } from "../config/per-snapshot.ts";
import type { ModelCatalog } from "./ports.ts";

type DirectTarget = ModelCatalog["directTarget"];

/** Bound for models of the host's catalog. */
const maxListed = 1000;
/** Bound for other names: unresolved and unknown ones. A separate cache, so made-up names evict only each other. */
const maxUnlisted = 100;

/** @param current returns the snapshot of the config. */
export function cachedTargets(current: () => object, resolve: DirectTarget): DirectTarget {
  const remembered = perSnapshot(current, () => ({
    listed: new LRUCache<string, ReturnType<DirectTarget>>({ max: maxListed }),
    others: new LRUCache<string, ReturnType<DirectTarget>>({ max: maxUnlisted }),
  }));
  return (agentId, raw, acceptsBareId) => {
    const { listed, others } = remembered();
    const id = JSON.stringify([agentId, raw, acceptsBareId]);
    const known = listed.get(id) ?? others.get(id);
    if (known !== undefined) {
      return known;
    }
    const target = resolve(agentId, raw, acceptsBareId);
    others.set(id, target);
    target.then(
      ({ isListed }) => {
        if (isListed) {
          others.delete(id);
          listed.set(id, target);
        }
      },
      () => others.delete(id),
    );
    return target;
  };
}
