/**
 * Caches credentials, so that a request seldom waits for the gateway's thread. Operators rotate keys while the gateway runs,
 * so a credential is soon asked for again: beside the request, which uses the one it has.
 */
import type { Route } from "../routing/route.ts";
import type { Credential, CredentialSource } from "./credentials.ts";

/** Up to this age a credential is used without asking. */
const freshMs = 5000;
/** Up to this age it is used while the current one is asked for. If the provider refuses it, the current one is tried. */
const usableMs = 60_000;

const noCredential: Credential = { source: "config", value: undefined };

interface Held {
  readonly credential: Promise<Credential>;
  readonly askedAtMs: number;
  isAsking: boolean;
}

/** @param now the time in milliseconds, from any origin. */
export function cachedCredentials(
  source: CredentialSource,
  now: () => number = () => performance.now(),
): CredentialSource {
  const known = new WeakMap<Route, Held>();

  /** Changes what is known, unless it was asked for again meanwhile. */
  const replace = (route: Route, held: Held, by: Held | undefined) => {
    if (known.get(route) !== held) {
      return;
    }
    if (by === undefined) {
      known.delete(route);
    } else {
      known.set(route, by);
    }
  };

  const ask = (route: Route): Promise<Credential> => {
    const credential = source.credential(route);
    const held = { credential, askedAtMs: now(), isAsking: false };
    known.set(route, held);
    credential.catch(() => replace(route, held, undefined));
    return credential;
  };

  /** Keeps the held credential in use until the answer is here. */
  const askBeside = (route: Route, held: Held) => {
    held.isAsking = true;
    const credential = source.credential(route);
    const current = { credential, askedAtMs: now(), isAsking: false };
    credential.then(
      () => replace(route, held, current),
      () => replace(route, held, undefined),
    );
  };

  return {
    credential(route) {
      if (!route.sendsKey) {
        return Promise.resolve(noCredential);
      }
      const held = known.get(route);
      const ageMs = held === undefined ? Infinity : now() - held.askedAtMs;
      if (held === undefined || ageMs >= usableMs) {
        return ask(route);
      }
      if (ageMs >= freshMs && !held.isAsking) {
        askBeside(route, held);
      }
      return held.credential;
    },
    async nextCredential(route, tried) {
      const held = await known.get(route)?.credential.catch(() => undefined);
      if (held !== undefined && tried.has(held.source)) {
        const current = await ask(route).catch(() => undefined);
        if (current !== undefined && current.value !== held.value) {
          return current;
        }
      }
      return source.nextCredential(route, tried);
    },
  };
}
