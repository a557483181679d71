/** Formats virtual keys for the terminal. */
import type { Totals } from "../quota/ledger.ts";
import { dollars } from "./dollars.ts";
import type { KeyDetails, KeyLine, KeyView } from "./keys.ts";
import { table } from "./table.ts";

const totalsHeader = ["requests", "errors", "in", "out", "cached", "cost"];

/** @returns lines without a final line feed. */
export function describeKeys(lines: readonly KeyLine[]): string {
  if (lines.length === 0) {
    return "There are no virtual keys. `openclaw passthrough keys create NAME` creates one.";
  }
  const header = ["name", "agents", "models", "modes", "tools", "limits", "expires"];
  const rows = lines.map(({ name, key, state }) => [
    name,
    ...(key.metrics === true
      ? ["none", "none", "metrics only", "none", "none"]
      : [
          key.agents?.join(",") ?? "all",
          key.models?.join(",") ?? "its agents'",
          key.modes.join(","),
          toolsOf(key),
          limitsOf(key),
        ]),
    state === "active" ? (key.expiresAt?.slice(0, 16) ?? "never") : state,
  ]);
  const usage = lines.flatMap(({ name, usage: accounts }) =>
    accounts
      .filter(({ today }) => today.requests + today.tokensIn + today.tokensOut > 0)
      .map(({ agent, model, today }) => [name].concat(accountCells(agent, model, today))),
  );
  return [
    ...table([header, ...rows]),
    "",
    ...(usage.length === 0
      ? ["No key was used today (UTC)."]
      : [
          "Used today (UTC). A running gateway updates this every few seconds:",
          ...table([["name", "agent", "model", ...totalsHeader], ...usage]),
        ]),
  ].join("\n");
}

/** @returns lines without a final line feed. */
export function describeKey(details: KeyDetails): string {
  const { name, place, state, key, limits, previousValidUntil, usage } = details;
  const { budgetDay, budgetMonth } = limits;
  const budgets = [
    { period: "day", budget: budgetDay },
    { period: "month", budget: budgetMonth },
  ].flatMap(({ period, budget }) =>
    budget === undefined
      ? []
      : [[period, dollars(budget.limit), dollars(budget.remaining), minute(budget.resetAt)]],
  );
  return [
    ...columns([
      ["name", name],
      ["id", key.id],
      ["stored in", place === "file" ? "the file of keys" : "the config"],
      ["state", state],
      ...(key.metrics === true
        ? [["may", "read GET /passthrough/metrics, and nothing else"] as const]
        : ([
            ["agents", key.agents?.join(", ") ?? "all"],
            ["models", key.models?.join(", ") ?? "its agents', none by name"],
            ["modes", key.modes.join(", ")],
            ["tools", toolsOf(key)],
            ["limits", limitsOf(key)],
          ] as const)),
      ["expires", key.expiresAt === undefined ? "never" : minute(key.expiresAt)],
      ...(previousValidUntil === undefined
        ? []
        : [["old text", `works until ${minute(previousValidUntil)}`] as const]),
    ]),
    "",
    ...(budgets.length === 0
      ? []
      : [...table([["budget per", "limit", "left", "resets (UTC)"], ...budgets]), ""]),
    "Used (UTC days). A running gateway updates this every few seconds:",
    ...table([
      ["", ...totalsHeader],
      ["today", ...totalsCells(details.today)],
      ["this month", ...totalsCells(details.month)],
      ["total", ...totalsCells(details.total)],
    ]),
    ...(usage.length === 0
      ? []
      : [
          "",
          "Total, by agent and model:",
          ...table([
            ["agent", "model", ...totalsHeader],
            ...usage.map(({ agent, model, total }) => accountCells(agent, model, total)),
          ]),
        ]),
  ].join("\n");
}

function accountCells(agent: string, model: string, totals: Totals): string[] {
  return [agent || "-", model || "-", ...totalsCells(totals)];
}

function totalsCells(totals: Totals): string[] {
  const { requests, errors, tokensIn, tokensOut, tokensCached, costUsd } = totals;
  return [...[requests, errors, tokensIn, tokensOut, tokensCached].map(String), dollars(costUsd)];
}

/** Cuts an RFC 3339 time after the minute: `2027-01-31T00:00`. */
function minute(instant: string): string {
  return instant.slice(0, 16);
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`);
}

function toolsOf({ tools }: KeyView["key"]): string {
  return typeof tools === "object" ? tools.join(",") : (tools ?? "none");
}

function limitsOf(key: KeyView["key"]): string {
  const limits = [
    key.requestsPerMinute && `${key.requestsPerMinute} requests/min`,
    key.tokensPerMinute && `${key.tokensPerMinute} tokens/min`,
    key.maxConcurrent && `${key.maxConcurrent} concurrent`,
    key.budgetUsdPerDay && `$${key.budgetUsdPerDay}/day`,
    key.budgetUsdPerMonth && `$${key.budgetUsdPerMonth}/month`,
  ].filter(Boolean);
  return limits.join(", ") || "none";
}
