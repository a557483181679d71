/** Judges what a provider says to one small request with one credential. Pure. */
import { type Problem, quoted, within } from "../control/problems.ts";
import type { RelayError } from "../errors.ts";
import { modelName } from "../routing/route.ts";

/** A provider's answer: a status that a client would get, or a failure. */
export interface ProviderAnswer {
  readonly provider: string;
  readonly modelId: string;
  /** The auth profile's id, or `config` for a key of the config or the environment. */
  readonly source: string;
  readonly outcome:
    | { readonly kind: "answered"; readonly status: number }
    | { readonly kind: "failed"; readonly failure: RelayError };
}

/** @param answers those of all credentials. */
export function problemsOfAnswers(answers: readonly ProviderAnswer[]): Problem[] {
  return answers.flatMap((answer): Problem[] => {
    const isServed = answers.some(
      (other) => other.provider === answer.provider && isAccepted(other),
    );
    const problem = problemOf(answer);
    // As long as another credential of the provider works, all requests are served.
    return problem === undefined
      ? []
      : [{ ...problem, severity: isServed ? "warning" : problem.severity }];
  });
}

function isAccepted({ outcome }: ProviderAnswer): boolean {
  return outcome.kind === "answered" && outcome.status < 300;
}

function problemOf(answer: ProviderAnswer): Problem | undefined {
  return answer.outcome.kind === "answered"
    ? problemOfStatus(answer, answer.outcome.status)
    : problemOfFailure(answer, answer.outcome.failure);
}

/** Any other status concerns the small request itself, such as a 400 for its limit of tokens: the credential is accepted. */
function problemOfStatus(answer: ProviderAnswer, status: number): Problem | undefined {
  const provider = quoted(answer.provider);
  switch (status) {
    case 402:
      return {
        severity: "error",
        path: credentialPath(answer),
        message: `The provider ${provider} wants to be paid first (status 402, ${sourceOf(answer)}).`,
        fix: "Add credit to the provider's account, or use another credential.",
      };
    case 404:
      return {
        severity: "warning",
        path: within("models.providers", answer.provider, "baseUrl"),
        message: `The provider ${provider} does not know the model ${quoted(modelName(answer))} or the path of its API (status 404).`,
        fix: "Check the model's id and the provider's baseUrl.",
      };
    default:
      return undefined;
  }
}

function problemOfFailure(answer: ProviderAnswer, failure: RelayError): Problem {
  const provider = quoted(answer.provider);
  const baseUrl = within("models.providers", answer.provider, "baseUrl");
  switch (failure.code) {
    case "upstream_unauthorized":
      return {
        severity: "error",
        path: credentialPath(answer),
        message: `The provider ${provider} refuses the credential from ${sourceOf(answer)} (status 401).`,
        fix: "Replace the credential; `openclaw models status` shows what there is.",
      };
    case "upstream_forbidden":
      return {
        severity: "error",
        path: credentialPath(answer),
        message: `The provider ${provider} forbids the credential from ${sourceOf(answer)} to use the model ${quoted(modelName(answer))} (status 403).`,
        fix: "Allow the model in the provider's account, or use another credential.",
      };
    case "upstream_rate_limited":
      return {
        severity: "warning",
        path: credentialPath(answer),
        message: `The provider ${provider} accepts no more requests with the credential from ${sourceOf(answer)} now (status 429).`,
        fix: "Wait, or raise the limit or the credit in the provider's account.",
      };
    case "upstream_unreachable":
    case "upstream_unreadable":
    case "upstream_failed":
      return {
        severity: "error",
        path: baseUrl,
        message: failure.message,
        fix: "Check the URL, and whether the provider works.",
      };
    case "upstream_silent":
      return {
        severity: "warning",
        path: baseUrl,
        message: `The provider ${provider} did not answer a small request in time.`,
        fix: "Check whether the provider works. A server of one's own may have been loading its model: try again.",
      };
    default:
      return {
        severity: "error",
        path: within("models.providers", answer.provider),
        message: failure.message,
        fix: "See the gateway's log.",
      };
  }
}

function sourceOf({ source }: ProviderAnswer): string {
  return source === "config"
    ? "the config or the environment"
    : `the auth profile ${quoted(source)}`;
}

function credentialPath({ provider, source }: ProviderAnswer): string {
  return source === "config"
    ? within("models.providers", provider, "apiKey")
    : within("auth.profiles", source);
}
