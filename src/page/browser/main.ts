/** The page: shows each update that the gateway appends to the document. */
import { between } from "../../control/units.ts";
import { createState, takeUpdate } from "../page-state.ts";
import { createCharts } from "./charts.ts";
import { byId, element, setText } from "./dom.ts";
import { recall, remember } from "./memory.ts";
import { createOverview } from "./overview.ts";
import { createProblems } from "./problems.ts";
import { createRequestTable, ordered } from "./requests.ts";
import { createStatusTables } from "./status-tables.ts";
import { followTheme } from "./theme.ts";

/** After this long without an update the numbers are marked as old. */
const silenceMs = 10_000;

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

function createPage() {
  const state = createState();
  const kept = recall(location.hash);
  let { range, isFailedFirst } = kept;
  let isPaused = false;
  let isEnded = false;
  let isReloadDue = false;
  let updatedAtMs = performance.now();

  const showProblems = createProblems();
  const showFigures = createOverview(byId("figures"));
  const charts = createCharts(byId("charts"));
  const tables = createStatusTables();
  const requests = createRequestTable();
  for (const id of kept.open) {
    requests.opened.add(id);
  }
  const failedFirst = element("button", { type: "button", id: "failed" }, ["Failed first"]);
  requests.head.append(failedFirst);
  byId("tables").append(
    ...tables.wide,
    element("div", { class: "pair" }, tables.narrow),
    requests.section,
  );

  const news = (text: string, withButton = false) => {
    const banner = byId("news");
    if (banner.dataset["text"] === text) {
      return;
    }
    banner.dataset["text"] = text;
    banner.hidden = text === "";
    const again = element("button", { type: "button" }, ["Load again"]);
    again.addEventListener("click", reload);
    banner.replaceChildren(
      ...(text === "" ? [] : [text]),
      ...(withButton && text !== "" ? [" ", again] : []),
    );
  };

  const reload = () => {
    const hash = remember({
      range,
      isFailedFirst,
      open: [...requests.opened],
      focus: document.activeElement?.id ?? "",
      scrollY,
    });
    location.replace(`#${hash}`);
    location.reload();
  };

  const showAbout = () => {
    const { ok, mode, host, since, at } = state.status;
    const badge = byId("state");
    badge.className = `badge ${ok === true ? "good" : "bad"}`;
    setText(badge, ok === true ? "serving" : "not serving");
    if (since !== undefined && at !== undefined) {
      setText(
        byId("about"),
        `${mode} mode, OpenClaw ${host?.version}, counted for ${between(since, at)}, updated ${clock.format(new Date(at))}`,
      );
    }
  };

  const show = () => {
    showAbout();
    showProblems(state.status);
    showFigures(state);
    charts.show(state.series[range], range);
    tables.show(state.status);
    const failed = state.requests.filter(({ fault }) => fault !== null).length;
    requests.show(
      ordered(state.requests, isFailedFirst),
      `the last ${state.requests.length}, ${failed} of them failed; press one to see its attempts`,
    );
    failedFirst.setAttribute("aria-pressed", String(isFailedFirst));
    for (const name of ["hour", "day"] as const) {
      byId(name).setAttribute("aria-pressed", String(name === range));
    }
  };
  let isScheduled = false;
  /** Shows at most once a frame, and nothing in a hidden window, which has no frames. */
  const showSoon = () => {
    if (isScheduled) {
      return;
    }
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      if (!isPaused) {
        show();
        restore();
      }
    });
  };
  let isRestored = false;
  /** Puts the window where it was before the page loaded itself again. */
  const restore = () => {
    if (!isRestored) {
      isRestored = true;
      scrollTo(0, kept.scrollY);
      document.getElementById(kept.focus)?.focus({ preventScroll: true });
    }
  };

  for (const name of ["hour", "day"] as const) {
    byId(name).addEventListener("click", () => {
      range = name;
      show();
    });
  }
  failedFirst.addEventListener("click", () => {
    isFailedFirst = !isFailedFirst;
    show();
  });
  byId("pause").addEventListener("click", () => {
    isPaused = !isPaused;
    byId("pause").setAttribute("aria-pressed", String(isPaused));
    news(isPaused ? "Paused: the numbers stay as they are." : "");
    if (isReloadDue) {
      reload();
    }
    showSoon();
  });
  addEventListener("load", () => {
    if (!isEnded) {
      isEnded = true;
      news("The connection to the gateway has ended: these numbers are old.", true);
    }
  });
  setInterval(() => {
    const silentMs = performance.now() - updatedAtMs;
    if (!isEnded && !isPaused) {
      news(silentMs > silenceMs ? "The gateway is silent: these numbers are old." : "", true);
    }
  }, 1000);
  followTheme(charts.redraw);

  return {
    update(text: string) {
      takeUpdate(state, JSON.parse(text));
      updatedAtMs = performance.now();
      showSoon();
    },
    end(why: "again" | "stopped") {
      isEnded = true;
      if (why === "stopped") {
        news("The gateway stops, or loads its plugins anew: these numbers are old.", true);
      } else if (isPaused) {
        isReloadDue = true;
      } else {
        reload();
      }
    },
  };
}

let page: ReturnType<typeof createPage> | undefined;

/** Removes the script that calls, so that the document does not grow. @returns the element before it. */
function calledFrom(): Element | null {
  const script = document.currentScript;
  const before = script?.previousElementSibling ?? null;
  script?.remove();
  return before;
}

const relayPage = {
  /** The element before the script that calls this has the update. */
  update() {
    const data = calledFrom();
    const text = data?.textContent ?? "";
    data?.remove();
    page ??= createPage();
    page.update(text);
  },
  end(why: "again" | "stopped") {
    calledFrom();
    page ??= createPage();
    page.end(why);
  },
};
Object.assign(globalThis, { relayPage });
