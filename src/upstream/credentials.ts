/** A provider's credentials: the first one that it has not refused lately is used, then the next in order. */
import { LRUCache } from "lru-cache";
import { RelayError, tryAgainIn } from "../errors.ts";
import type { Route } from "../routing/route.ts";
import type { Subscriber } from "../telemetry/events.ts";
import type { RefusedCredential } from "../telemetry/gauges.ts";
import { reportedFailure } from "./reported-failure.ts";

/** A credential, and where it is from. */
export interface Credential {
  /** The auth profile's id, or `config` for a key of the config or the environment. */
  readonly source: string;
  /** Undefined where the provider wants none. */
  readonly value: string | undefined;
}

export interface CredentialSource {
  /**
   * The credential to call a route's provider with, at most a few seconds old.
   * @throws RelayError `provider_not_configured`.
   */
  credential(route: Route): Promise<Credential>;
  /** The next one in the order of the provider's auth profiles; undefined where all were tried. */
  nextCredential(route: Route, tried: ReadonlySet<string>): Promise<Credential | undefined>;
}

export interface Credentials {
  /**
   * Runs an attempt with one credential after the other, until one is not refused.
   *
   * A 401 is about the credential: it is not used for a minute. A 403 may be about the request, so nothing is remembered of
   * it: one user's moderated request must not change the credential, and with it the account, of everybody else's.
   * @throws RelayError `upstream_unauthorized` or `upstream_forbidden`; `credential_refused` when none was tried, with the
   * shortest wait; `provider_not_configured`; what an attempt throws otherwise.
   */
  use<R>(route: Route, operation: CredentialOperation<R>): Promise<R>;
  /** Those that are not used at the moment. */
  refused(): readonly RefusedCredential[];
}

export interface CredentialOperation<R> {
  /** @param value undefined where the provider wants no credential. */
  readonly attempt: (value: string | undefined) => Promise<R>;
  /** Told of each credential that is passed over; the failure has the time that is left. */
  readonly onSkip: (failure: RelayError) => void;
}

export interface CredentialsOptions {
  readonly host: CredentialSource;
  readonly publish: Subscriber;
  /** The time in milliseconds, from any origin. */
  readonly now?: () => number;
}

/** What is remembered of a 401: never the answer. */
interface Cooldown {
  readonly provider: string;
  readonly source: string;
  readonly untilMs: number;
  skipped: number;
}

/** How long a credential is left alone. One that changes is another one, and used at once. */
const cooldownMs = 60_000;
/** How often the operator is told of a credential that gets a 403. */
const forbiddenLogMs = 60_000;
const maxCredentials = 1000;

export function createCredentials(options: CredentialsOptions): Credentials {
  const { host, publish, now = () => performance.now() } = options;
  const cooldowns = new LRUCache<string, Cooldown>({ max: maxCredentials });
  /** When the operator may be told again. */
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
      // Requests that were under way beside the first refused one add nothing.
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

/** A provider that gets no key of ours has its credential in the configured headers, if anywhere. */
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
