/** A provider's keys: a refused one is put aside, and the next in order is used. */
import { LRUCache } from "lru-cache";
import { RelayError } from "../errors.ts";
import type { Host, ProviderKey } from "../host/host.ts";
import type { Route } from "../routing/route.ts";
import type { Subscriber } from "../telemetry/events.ts";

export interface KeyRing {
  /**
   * Runs the operation with the first key that is not put aside, and with the next ones while they are refused. A 401 is
   * the key's fault, so that a key that had one is left alone; a 403 may be the request's, so that a key that had one is
   * used again when there is no other.
   * @throws RelayError `upstream_unauthorized` of the last key, without running anything when all are put aside for a
   * 401; `provider_not_configured`.
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

  /** The result, or the refusal of the key; anything else is thrown. */
  const tryKey = async <R>(
    route: Route,
    key: ProviderKey,
    operation: (key: string | undefined) => Promise<R>,
  ): Promise<{ readonly result: R } | { readonly refusal: RelayError }> => {
    try {
      return { result: await operation(key.value) };
    } catch (failure) {
      if (!(failure instanceof RelayError) || failure.code !== "upstream_unauthorized") {
        throw failure;
      }
      putAside(keyId(route, key), failure, { provider: route.provider, source: key.source });
      return { refusal: failure };
    }
  };

  return {
    async withKey(route, operation) {
      const tried = new Set<string>();
      let spare: ProviderKey | undefined;
      let last: RelayError | undefined;
      let key: ProviderKey | undefined = await host.key(route);
      while (key !== undefined) {
        tried.add(key.source);
        const earlier = refused.get(keyId(route, key));
        if (earlier === undefined) {
          const outcome = await tryKey(route, key, operation);
          if ("result" in outcome) {
            return outcome.result;
          }
          last = outcome.refusal;
        } else {
          spare ??= earlier.answer?.status === 403 ? key : undefined;
          last ??= earlier;
        }
        key = route.sendsKey ? await host.nextKey(route, tried) : undefined;
      }
      if (spare !== undefined) {
        const outcome = await tryKey(route, spare, operation);
        if ("result" in outcome) {
          return outcome.result;
        }
        last = outcome.refusal;
      }
      throw last;
    },
  };
}

function keyId(route: Route, key: ProviderKey): string {
  return JSON.stringify([route.provider, key.value]);
}
