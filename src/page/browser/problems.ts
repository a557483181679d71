/** The problems, errors first. How many there are is also said aloud; their texts, which may change every second, are not. */
import type { RelayStatus } from "../../console/ask.ts";
import { findingsOf } from "../../console/findings.ts";
import { count } from "../../console/units.ts";
import type { StatusSections } from "../page-update.ts";
import { byId, element, setText } from "./dom.ts";

export function createProblems(): (status: Partial<StatusSections>) => void {
  const place = byId("findings");
  const shown: string[] = [];
  return (status) => {
    const { ok, dataPlane, problem, problems } = status;
    if (ok === undefined || dataPlane === undefined || problems === undefined) {
      return;
    }
    const list = findingsOf({
      ok,
      dataPlane,
      problem: problem ?? undefined,
      problems,
      relay: isAnswered(status) ? status : undefined,
    });
    byId("problems").hidden = list.length === 0;
    const errors = list.filter(({ severity }) => severity === "error").length;
    setText(
      byId("problem-count"),
      list.length === 0
        ? "No problems."
        : `Problems: ${count(errors)} errors, ${count(list.length - errors)} warnings.`,
    );
    for (const [at, { severity, path, message, fix }] of list.entries()) {
      const signature = JSON.stringify([severity, path, message, fix]);
      if (shown[at] !== signature) {
        shown[at] = signature;
        const line = element("li", { class: severity }, [
          element("strong", {}, [severity === "error" ? "Error " : "Warning "]),
          element("code", {}, [path]),
          " ",
          ...withCode(message),
          element("span", { class: "fix" }, withCode(fix)),
        ]);
        place.children[at]?.remove();
        place.insertBefore(line, place.children[at] ?? null);
      }
    }
    for (const extra of [...place.children].slice(list.length)) {
      extra.remove();
    }
    shown.length = list.length;
  };
}

/** Texts between backticks as code. */
function withCode(text: string): (Node | string)[] {
  return text.split("`").map((part, at) => (at % 2 === 0 ? part : element("code", {}, [part])));
}

/** Whether the relay has answered: then it has answered all of it. */
function isAnswered(
  status: Partial<StatusSections>,
): status is Partial<StatusSections> & RelayStatus {
  return status.totals !== undefined;
}
