/** The authenticated caller of a request, and checks of operator scopes (the host's docs/gateway/operator-scopes). */
import { RelayError } from "../errors.ts";
import type { Grant } from "./grant.ts";

export interface Caller {
  /** Operator scopes, such as `operator.write`. */
  readonly scopes: readonly string[];
  /** What the caller's virtual key allows; undefined for an operator. */
  readonly grant: Grant | undefined;
}

export function operator(scopes: readonly string[]): Caller {
  return { scopes, grant: undefined };
}

/** A caller with a virtual key gets only the scope that model calls need. */
export function keyHolder(grant: Grant): Caller {
  return { scopes: ["operator.write"], grant };
}

type Scope = "operator.read" | "operator.write" | "operator.admin";

/** For each scope, itself and the stronger ones that include it. */
const satisfiedBy: Record<Scope, readonly Scope[]> = {
  "operator.read": ["operator.read", "operator.write", "operator.admin"],
  "operator.write": ["operator.write", "operator.admin"],
  "operator.admin": ["operator.admin"],
};

export function hasScope(scopes: readonly string[], wanted: Scope): boolean {
  return satisfiedBy[wanted].some((scope) => scopes.includes(scope));
}

/**
 * @param purpose what needs the scope, as the subject of a sentence.
 * @throws RelayError `missing_scope`, which names the scope.
 */
export function requireScope(scopes: readonly string[], wanted: Scope, purpose: string): void {
  if (!hasScope(scopes, wanted)) {
    throw new RelayError(
      "missing_scope",
      `${purpose} needs the scope ${wanted}. missing scope: ${wanted}`,
    );
  }
}
