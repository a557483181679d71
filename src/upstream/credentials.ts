/** Chooses among a provider's credentials: tries them in order, and skips those that it has refused in the last minute. */
import { LRUCache } from "lru-cache";
import { RelayError, tryAgainIn } from "../errors.ts";
import type { Route } from "../routing/route.ts";
import type { Subscriber } from "../telemetry/events.ts";
import type { RefusedCredential } from "../telemetry/gauges.ts";
import { reportedFailure } from "./reported-failure.ts";

/** A credential and its source. */
export interface Credential {
  /** The auth profile's id, or `config` for a key of the config or the environment. */
  readonly source: string;
  /** Undefined if the provider needs none. */
  readonly value: string | undefined;
}

export interface CredentialSource {
  /**
   * Returns the first credential for a route's provider, at most a few seconds old.
   * @throws RelayError `provider_not_configured`.
   */
  credential(route: Route): Promise<Credential>;
  /**
   * Returns the next credential in the order of the provider's auth profiles; undefined if all were tried.
   * @param tried sources of the credentials that were tried or skipped.
   */
  nextCredential(route: Route, tried: ReadonlySet<string>): Promise<Credential | undefined>;
}

export interface Credentials {
  /**
   * Runs an attempt with one credential after the other, until the provider does not refuse one.
   *
   * A 401 disqualifies a credential for `cooldownMs`. A 403 may concern the request, so it has no later effect: one user's
   * moderated request must not change the credential, and with it the account, of all other users.
   * @throws RelayError `upstream_unauthorized` or `upstream_forbidden` if all are refused; `credential_refused`, with the
   * shortest wait, if all are skipped; `provider_not_configured`; otherwise what the attempt throws.
   */
  use<R>(route: Route, operation: CredentialOperation<R>): Promise<R>;
  /** The credentials that are skipped at the moment. */
  refused(): readonly RefusedCredential[];
}

export interface CredentialOperation<R> {
  /** @param value undefined if the provider needs no credential. */
  readonly attempt: (value: string | undefined) => Promise<R>;
  /** Called for each skipped credential. The failure's `retryAfterMs` is the rest of its cooldown. */
  readonly onSkip: (failure: RelayError) => void;
}

export interface CredentialsOptions {
  readonly host: CredentialSource;
  readonly publish: Subscriber;
  /** The time in milliseconds, from any origin. */
  readonly now?: () => number;
}

/** A credential that got a 401. */
interface Cooldown {
  readonly provider: string;
  readonly source: string;
  readonly untilMs: number;
  skipped: number;
}

/** How long a credential is skipped after a 401. A changed credential counts as a new one and is used at once. */
const cooldownMs = 60_000;
/** Least time between two log lines about 403s of the same credential. */
const forbiddenLogMs = 60_000;
const maxCredentials = 1000;

export function createCredentials(options: CredentialsOptions): Credentials {
  const { host, publish, now = () => performance.now() } = options;
  const cooldowns = new LRUCache<string, Cooldown>({ max: maxCredentials });
  /** By credential: when its next 403 may be logged. */
  const forbiddenUntilMs = new LRUCache<string, number>({ max: maxCredentials });

  const cooldownOf = (id: string): Cooldown | undefined => {
    const cooldown = cooldowns.get(id);
    if (cooldown !== undefined && cooldown.untilMs <= now()) {
      cooldowns.delete(id);
      return undefined;
    }
    return cooldown;
  };

  const noteRefusal = (route: Route, key: Credential, code: RefusalCode) => {
    const { provider } = route;
    const { source } = key;
    const id = credentialId(route, key);
    if (code === "upstream_unauthorized") {
      // Concurrent requests with the same credential also get a 401. They neither extend the cooldown nor log again.
      if (cooldownOf(id) === undefined) {
        cooldowns.set(id, { provider, source, untilMs: now() + cooldownMs, skipped: 0 });
        publish({ kind: "credential-refused", provider, source, status: 401 });
      }
    } else if ((forbiddenUntilMs.get(id) ?? -Infinity) <= now()) {
      forbiddenUntilMs.set(id, now() + forbiddenLogMs);
      publish({ kind: "credential-refused", provider, source, status: 403 });
    }
  };

  return {
    async use(route, { attempt, onSkip }) {
      const tried = new Set<string>();
      const failures: RelayError[] = [];
      let key: Credential | undefined = await host.credential(route);
      while (key !== undefined) {
        tried.add(key.source);
        const cooldown = cooldowns.size === 0 ? undefined : cooldownOf(credentialId(route, key));
        if (cooldown === undefined) {
          try {
            return await attempt(key.value);
          } catch (failure) {
            if (!(failure instanceof RelayError) || !isRefusal(failure.code)) {
              throw failure;
            }
            noteRefusal(route, key, failure.code);
            failures.push(failure);
          }
        } else {
          cooldown.skipped += 1;
          const failure = credentialRefused(route.provider, cooldown.untilMs - now());
          onSkip(failure);
          failures.push(failure);
        }
        key = route.sendsKey ? await host.nextCredential(route, tried) : undefined;
      }
      throw reportedFailure(failures);
    },
    refused: () =>
      [...cooldowns.values()]
        .map(({ provider, source, skipped, untilMs }) => ({
          provider,
          source,
          status: 401 as const,
          leftMs: Math.ceil(untilMs - now()),
          skipped,
        }))
        .filter(({ leftMs }) => leftMs > 0),
  };
}

type RefusalCode = "upstream_unauthorized" | "upstream_forbidden";

function isRefusal(code: string): code is RefusalCode {
  return code === "upstream_unauthorized" || code === "upstream_forbidden";
}

/** Identifies a credential. For a route that sends no key, the configured headers may contain the credential. */
function credentialId(route: Route, key: Credential): string {
  return JSON.stringify([route.provider, key.value ?? route.headers]);
}

function credentialRefused(provider: string, waitMs: number): RelayError {
  return new RelayError(
    "credential_refused",
    `The provider ${JSON.stringify(provider)} refused the gateway's credential with status 401, so it is skipped for ` +
      `another ${Math.ceil(waitMs / 1000)} s. \`passthrough.status\` lists refused credentials.`,
    tryAgainIn(waitMs),
  );
}
