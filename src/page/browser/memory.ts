/** What the page remembers when it loads itself again: in the address, because a sandboxed page has no other memory. */

export interface Remembered {
  readonly range: "hour" | "day";
  readonly isFailedFirst: boolean;
  /** Ids of the requests that are open. */
  readonly open: readonly string[];
  /** The id of the focused element; empty if none is. */
  readonly focus: string;
  readonly scrollY: number;
}

export function recall(hash: string): Remembered {
  const kept = new URLSearchParams(hash.slice(1));
  return {
    range: kept.get("range") === "day" ? "day" : "hour",
    isFailedFirst: kept.get("failed") === "1",
    open: kept.getAll("open"),
    focus: kept.get("focus") ?? "",
    scrollY: Number(kept.get("y") ?? "0"),
  };
}

/** @returns the part of an address after `#`. */
export function remember({ range, isFailedFirst, open, focus, scrollY }: Remembered): string {
  const kept = new URLSearchParams({
    range,
    failed: isFailedFirst ? "1" : "0",
    focus,
    y: String(Math.round(scrollY)),
  });
  for (const id of open) {
    kept.append("open", id);
  }
  return kept.toString();
}
