/** Elements of the document. All text goes through here: no name can become markup, or hide what it is. */
import { visible } from "../format.ts";

export type Child = Node | string | undefined;

/** Creates an element. @param attributes `class` and the like; undefined leaves one out. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | undefined>> = {},
  children: readonly Child[] = [],
): HTMLElementTagNameMap[Name] {
  const created = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== undefined) {
      created.setAttribute(attribute, value);
    }
  }
  created.append(...children.filter((child) => child !== undefined).map(nodeOf));
  return created;
}

/** An element of the document by its id. @throws Error if there is none. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`no element ${id}`);
  }
  return found;
}

/** A text as a node. */
export function nodeOf(child: Node | string): Node {
  return typeof child === "string" ? document.createTextNode(visible(child)) : child;
}

/** Sets a text if it is another, so that an unchanged element is not touched. */
export function setText(target: Element, text: string): void {
  const printable = visible(text);
  if (target.textContent !== printable) {
    target.textContent = printable;
  }
}
