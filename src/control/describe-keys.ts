/** Virtual keys, for people. */
import { dollars } from "./dollars.ts";
import type { KeyLine } from "./keys.ts";
import { table } from "./table.ts";

/** Lines without a line feed at the end. */
export function describeKeys(lines: readonly KeyLine[]): string {
  if (lines.length === 0) {
    return "There are no virtual keys. `openclaw passthrough keys create NAME` makes one.";
  }
  const header = ["name", "agents", "models", "modes", "tools", "limits", "expires"];
  const used = ["name", "agent", "model", "requests", "errors", "in", "out", "cached", "cost"];
  const rows = lines.map(({ name, key, state }) => [
    name,
    key.agents?.join(",") ?? "all",
    key.models?.join(",") ?? "its agents'",
    key.modes.join(","),
    typeof key.tools === "object" ? key.tools.join(",") : (key.tools ?? "none"),
    limitsOf(key),
    state === "active" ? (key.expiresAt?.slice(0, 16) ?? "never") : state,
  ]);
  const usage = lines.flatMap(({ name, usage: accounts }) =>
    accounts.map(({ agent, model, today }) => [
      name,
      agent || "-",
      model || "-",
      ...[today.requests, today.errors, today.tokensIn, today.tokensOut, today.tokensCached].map(
        String,
      ),
      dollars(today.costUsd),
    ]),
  );
  return [
    ...table([header, ...rows]),
    "",
    ...(usage.length === 0
      ? ["None of them was used today (UTC)."]
      : [
          "Used today (UTC); a gateway that is running writes this every few seconds:",
          ...table([used, ...usage]),
        ]),
  ].join("\n");
}

function limitsOf(key: KeyLine["key"]): string {
  const limits = [
    key.requestsPerMinute && `${key.requestsPerMinute} requests/min`,
    key.tokensPerMinute && `${key.tokensPerMinute} tokens/min`,
    key.maxConcurrent && `${key.maxConcurrent} at once`,
    key.budgetUsdPerDay && `$${key.budgetUsdPerDay}/day`,
  ].filter(Boolean);
  return limits.join(", ") || "none";
}
