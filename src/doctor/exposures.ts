/** Prompts, answers and keys that cross a network in plain text. Pure. */
import { isLoopback } from "../access/client-address.ts";
import { pathOf, type Problem, quoted, within } from "../control/problems.ts";
import type { ProblemFacts } from "./facts.ts";

export function exposures(facts: ProblemFacts): Problem[] {
  return [...openListener(facts), ...plainProviders(facts)];
}

/** The listener beyond this machine without TLS. */
function openListener({ config: { listen } }: ProblemFacts): Problem[] {
  return listen === undefined || listen.tls !== undefined || isLocal(listen.host)
    ? []
    : [
        {
          severity: "warning",
          path: pathOf("listen", "host"),
          message: `The listener on ${quoted(listen.host)} accepts connections from other machines without TLS, so whoever can read the network traffic can read keys, prompts and answers.`,
          fix: "Set it to 127.0.0.1 and put a proxy with TLS in front, or set listen.tls.",
        },
      ];
}

/** Providers on other machines without TLS. */
function plainProviders({ configuredProviders }: ProblemFacts): Problem[] {
  return configuredProviders.flatMap(({ id, baseUrl }): Problem[] => {
    const url = URL.parse(baseUrl);
    if (url?.protocol !== "http:" || url.hostname === outsideContainer || isLocal(url.hostname)) {
      return [];
    }
    return [
      {
        severity: "warning",
        path: within("models.providers", id, "baseUrl"),
        // The host only: a URL may contain a password.
        message: `Requests to the provider ${quoted(id)} go to ${quoted(url.host)} without TLS, so whoever can read the network traffic can read its key, prompts and answers.`,
        fix: "Use an https URL, or a tunnel that ends at 127.0.0.1.",
      },
    ];
  });
}

/** The name by which a container reaches its own machine. */
const outsideContainer = "host.docker.internal";

function isLocal(host: string): boolean {
  const name = host.toLowerCase();
  return name === "localhost" || name.endsWith(".localhost") || isLoopback(name);
}
