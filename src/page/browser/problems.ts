/** The problems. How many there are is also said aloud; their texts, which may change every second, are not. */
import { count } from "../../control/units.ts";
import type { StatusSections } from "../page-update.ts";
import { byId, element, setText } from "./dom.ts";

export function createProblems(): (status: Partial<StatusSections>) => void {
  const place = byId("findings");
  const shown: string[] = [];
  return (status) => {
    const list = status.problems;
    if (list === undefined) {
      return;
    }
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
