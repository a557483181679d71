/** A provider's keys: a refused one is put aside, and the next in order is used. */
import { LRUCache } from "lru-cache";
import { RelayError } from "../errors.ts";
import type { Host, ProviderKey } from "../host/host.ts";
import type { Route } from "../routing/route.ts";
import type { Subscriber } from "../telemetry/events.ts";

export interface KeyRing {
  /**
   * Runs the operation with the first key that is not put aside, and with the next ones while they are refused.
   * @throws RelayError `upstream_unauthorized` of the last key, without running anything when all are put aside;
   * `provider_not_configured`.
   */
  withKey<R>(route: Route, operation: (key: string | undefined) => Promise<R>): Promise<R>;
}

export interface KeyRingOptions {
  readonly host: Pick<Host, "key" | "nextKey">;
  readonly publish: Subscriber;
}

/** How long a refused key is put aside. A new key is another one, and used at once. */
const cooldownMs = 60_000;
const maxKeys = 1000;

export function createKeyRing({ host, publish }: KeyRingOptions): KeyRing {
  const refused = new LRUCache<string, RelayError>({ max: maxKeys, ttl: cooldownMs });
  const told = new LRUCache<string, true>({ max: maxKeys });

  const putAside = (
    id: string,
    failure: RelayError,
    named: { provider: string; source: string },
  ) => {
    refused.set(id, failure);
    if (!told.has(id)) {
      told.set(id, true);
      publish({ kind: "key-refused", ...named, status: failure.answer?.status ?? failure.status });
    }
  };

  return {
    async withKey(route, operation) {
      const tried = new Set<string>();
      let key: ProviderKey | undefined = await host.key(route);
      let last: RelayError | undefined;
      while (key !== undefined) {
        const { source, value } = key;
        const id = JSON.stringify([route.provider, value]);
        tried.add(source);
        last = refused.get(id);
        if (last === undefined) {
          try {
            return await operation(value);
          } catch (failure) {
            if (!(failure instanceof RelayError) || failure.code !== "upstream_unauthorized") {
              throw failure;
            }
            putAside(id, failure, { provider: route.provider, source });
            last = failure;
          }
        }
        key = route.sendsKey ? await host.nextKey(route, tried) : undefined;
      }
      throw last;
    },
  };
}
