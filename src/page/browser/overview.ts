/** The figures at the top: how much, how fast, who failed, what it cost. */
import { count, money, p50And99, share } from "../../control/units.ts";
import { perSecond } from "../format.ts";
import type { PageState } from "../page-state.ts";
import { element, setText } from "./dom.ts";

interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly tone?: "bad" | "warn" | undefined;
}

/** From these shares on, a figure is coloured. */
const badShare = 0.1;
const warnShare = 0.01;

function figures({ status, series }: PageState): readonly Figure[] {
  const { totals, recent } = status;
  if (totals === undefined || recent === undefined) {
    return [];
  }
  const { hour } = series;
  const lastMinute = sum(hour?.requests.slice(-12) ?? []) / 60;
  const failures = totals.clientErrors + totals.providerErrors + totals.relayErrors;
  const failed = recent.failureShare ?? 0;
  return [
    {
      label: "Requests, last minute",
      value: perSecond(lastMinute),
      note: `${count(totals.openRequests)} under way, ${count(totals.openStreams)} streaming`,
    },
    {
      label: "First token, 5 min, p50 / p99",
      value: p50And99(recent.firstOutputMs),
      note: `since the start ${p50And99(totals.firstOutputMs)}`,
    },
    {
      label: "Failed, 5 min",
      value: share(recent.failureShare),
      note: `of ${count(recent.requests)}: provider ${count(recent.providerErrors)}, relay ${count(recent.relayErrors)}`,
      tone: failed >= badShare ? "bad" : failed >= warnShare ? "warn" : undefined,
    },
    {
      label: "Fell back to another model, 5 min",
      value: share(recent.fallbackShare),
      note: `since the start ${plural(totals.fallbacks, "time", "times")}, and ${plural(totals.retries, "retry", "retries")}`,
    },
    {
      label: "Requests since the start",
      value: count(totals.requests),
      note: `failed ${count(failures)}: client ${count(totals.clientErrors)}, provider ${count(totals.providerErrors)}, relay ${count(totals.relayErrors)}`,
    },
    {
      label: "Tokens in / out",
      value: `${count(totals.tokensIn)} / ${count(totals.tokensOut)}`,
      note: `from the provider's cache ${count(totals.tokensCached)}`,
    },
    {
      label: "Cost since the start",
      value: money(totals.costUsd),
      note: `${money(sum(hour?.costUsd ?? []))} in the last hour`,
    },
    {
      label: "The relay's own time, p50 / p99",
      value: p50And99(totals.overheadMs),
      note: `clients left ${plural(totals.disconnects, "request", "requests")}`,
    },
  ];
}

function plural(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Shows the figures in a `dl`. */
export function createOverview(list: HTMLElement): (state: PageState) => void {
  const known = new Map<string, { box: HTMLElement; value: HTMLElement; note: HTMLElement }>();
  return (state) => {
    for (const { label, value, note, tone = "" } of figures(state)) {
      let one = known.get(label);
      if (one === undefined) {
        const [valueLine, noteLine] = [
          element("dd", { class: "value" }),
          element("dd", { class: "note" }),
        ];
        const box = element("div", {}, [element("dt", {}, [label]), valueLine, noteLine]);
        one = { box, value: valueLine, note: noteLine };
        known.set(label, one);
        list.append(box);
      }
      one.box.className = `figure ${tone}`;
      setText(one.value, value);
      setText(one.note, note);
    }
  };
}
