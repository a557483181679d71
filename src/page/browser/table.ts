/** Tables whose rows are kept by their keys: an update touches only the cells that have changed. */
import { element, nodeOf, setText } from "./dom.ts";

export type Tone = "good" | "warn" | "bad" | "quiet";

/** What a cell shows. */
export interface Content {
  readonly text: string;
  /** A badge in this colour. */
  readonly tone?: Tone | undefined;
  /** A second, smaller line. */
  readonly note?: string | undefined;
  /** A bar below the text, from 0 to 1. */
  readonly meter?: number | undefined;
}

export type Cell = string | Content | readonly Content[];

export interface Column<Row> {
  readonly label: string;
  readonly isNumber?: boolean;
  readonly cell: (row: Row) => Cell;
}

export interface TableOptions<Row> {
  readonly id: string;
  readonly caption: string;
  /** What it says without rows; the table is hidden without rows if there is none. */
  readonly empty?: string;
  readonly columns: readonly Column<Row>[];
  readonly key: (row: Row) => string;
  /** What opens below a row whose first cell is pressed. Without it, rows do not open. */
  readonly detail?: (row: Row) => Node;
}

export interface Table<Row> {
  /** The section with the table. */
  readonly section: HTMLElement;
  /** The line above the table. */
  readonly head: HTMLElement;
  show(rows: readonly Row[], note?: string): void;
  /** Keys of the rows that are open. A key without a row opens it when it comes. */
  readonly opened: Set<string>;
}

interface KnownRow {
  readonly line: HTMLTableRowElement;
  readonly cells: readonly HTMLElement[];
  readonly shown: string[];
  /** Opens and closes the row. */
  readonly button?: HTMLButtonElement | undefined;
  detail?: HTMLTableRowElement | undefined;
}

export function createTable<Row>(options: TableOptions<Row>): Table<Row> {
  const { id, columns, empty } = options;
  const note = element("span", { class: "muted" });
  const head = element("div", { class: "head" }, [element("h2", {}, [options.caption]), note]);
  const body = element("tbody", { role: "rowgroup" });
  const emptyLine = element("p", { class: "muted empty" }, [empty ?? ""]);
  const names = columns.map(({ label, isNumber }) =>
    element(
      "th",
      { scope: "col", role: "columnheader", class: isNumber === true ? "number" : undefined },
      [label],
    ),
  );
  const scroll = element(
    "div",
    { class: "scroll", id: `${id}-scroll`, role: "region", "aria-label": options.caption },
    [
      element("table", { id, role: "table" }, [
        element("caption", { class: "unseen" }, [options.caption]),
        element("thead", { role: "rowgroup" }, [element("tr", { role: "row" }, names)]),
        body,
      ]),
      emptyLine,
    ],
  );
  // So that the keyboard can scroll it.
  scroll.tabIndex = 0;
  const section = element("section", { class: "card table" }, [head, scroll]);
  const known = new Map<string, KnownRow>();
  const opened = new Set<string>();

  const create = (key: string): KnownRow => {
    const button =
      options.detail === undefined
        ? undefined
        : element("button", { type: "button", class: "opens", id: `${id}-${key}` });
    const cells = columns.map(({ label, isNumber }, at) =>
      at === 0
        ? element("th", { scope: "row", role: "rowheader" }, [button])
        : element("td", {
            role: "cell",
            "data-label": label,
            class: isNumber === true ? "number" : undefined,
          }),
    );
    const line = element("tr", { role: "row" }, cells);
    const [first, ...others] = cells;
    const texts = button === undefined || first === undefined ? cells : [button, ...others];
    return { line, cells: texts, shown: columns.map(() => ""), button };
  };
  const update = ({ cells, shown }: KnownRow, row: Row) => {
    for (const [at, { cell }] of columns.entries()) {
      const content = cell(row);
      const signature = JSON.stringify(content);
      if (shown[at] !== signature) {
        shown[at] = signature;
        cells[at]?.replaceChildren(...contentNodes(content));
      }
    }
  };
  const showDetail = (key: string, one: KnownRow, row: Row) => {
    const isOpen = opened.has(key);
    one.button?.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) {
      one.detail?.remove();
      one.detail = undefined;
    } else if (one.detail === undefined && options.detail !== undefined) {
      one.detail = element("tr", { role: "row", class: "detail" }, [
        element("td", { role: "cell", colspan: String(columns.length) }, [options.detail(row)]),
      ]);
      one.line.after(one.detail);
    }
  };
  const begin = (key: string, row: Row): KnownRow => {
    const one = create(key);
    known.set(key, one);
    if (one.button !== undefined) {
      one.line.classList.add("pressable");
      one.line.addEventListener("click", () => {
        if (!opened.delete(key)) {
          opened.add(key);
        }
        showDetail(key, one, row);
      });
    }
    return one;
  };

  return {
    section,
    head,
    opened,
    show(rows, noteText = "") {
      setText(note, noteText);
      section.hidden = rows.length === 0 && empty === undefined;
      emptyLine.hidden = rows.length > 0;
      const keys = new Set(rows.map(options.key));
      for (const [key, one] of known) {
        if (!keys.has(key)) {
          one.line.remove();
          one.detail?.remove();
          known.delete(key);
          opened.delete(key);
        }
      }
      let next: Element | null = body.firstElementChild;
      for (const row of rows) {
        const key = options.key(row);
        const one = known.get(key) ?? begin(key, row);
        update(one, row);
        if (one.line === next) {
          next = next.nextElementSibling;
        } else {
          body.insertBefore(one.line, next);
        }
        showDetail(key, one, row);
        if (one.detail !== undefined) {
          one.line.after(one.detail);
          next = one.detail.nextElementSibling;
        }
      }
    },
  };
}

function contentNodes(cell: Cell): Node[] {
  if (typeof cell === "string") {
    return cell === "" ? [] : [nodeOf(cell)];
  }
  return "text" in cell ? oneContent(cell) : cell.flatMap(oneContent);
}

function oneContent({ text, tone, note, meter }: Content): Node[] {
  const line = element("span", { class: tone === undefined ? "line" : `badge ${tone}` }, [text]);
  const parts: Node[] = [line];
  if (meter !== undefined) {
    const bar = element("span", { class: "fill" });
    bar.style.width = `${Math.round(Math.min(1, Math.max(0, meter)) * 100)}%`;
    parts.push(
      element("span", { class: `meter ${meter < 0.1 ? "low" : ""}`, "aria-hidden": "true" }, [bar]),
    );
  }
  if (note !== undefined) {
    parts.push(element("span", { class: "note" }, [note]));
  }
  return parts;
}
