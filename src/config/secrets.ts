/** Secrets of the config, which the gateway has resolved, or not. */
import type { SecretText } from "./observability.ts";

/** @returns undefined for a reference that the gateway could not resolve. */
export function plainSecret(secret: SecretText): string | undefined {
  return typeof secret === "string" ? secret : undefined;
}

/** @returns undefined if the gateway could not resolve all of them. */
export function plainSecrets(
  secrets: Readonly<Record<string, SecretText>>,
): Readonly<Record<string, string>> | undefined {
  const plain = Object.entries(secrets).map(
    ([name, secret]) => [name, plainSecret(secret)] as const,
  );
  return plain.every((entry): entry is readonly [string, string] => entry[1] !== undefined)
    ? Object.fromEntries(plain)
    : undefined;
}
