/**
 * Assembles an agent's answer from the host's pieces of text. A piece may append, repeat or replace; a stream can only
 * append. The rules are core's (`agent-event-assistant-text` in openclaw 2026.9.6).
 */

/** A piece of text from the host: an item's whole text so far (`text`), what is new in it (`delta`), or both. */
export interface TextPiece {
  readonly text?: string | undefined;
  readonly delta?: string | undefined;
  /** The message that the piece belongs to, if the host names it. */
  readonly itemId?: string | undefined;
  /** Whether `text` replaces all earlier text. */
  readonly replace: boolean;
  /** Whether the host may still replace this text. It is not sent before the run has ended. */
  readonly replaceable: boolean;
}

export interface AssistantText {
  /** @returns the text to send now, perhaps empty; undefined if text already sent has turned out wrong. */
  push(piece: TextPiece): string | undefined;
  /**
   * Returns the text to send when the run has ended.
   * @param result the run's final text; undefined if it reports none.
   * @param fallback sent if there is no text at all.
   * @returns undefined if text already sent has turned out wrong.
   */
  finish(result: string | undefined, fallback: string): string | undefined;
}

interface Item {
  readonly id: string;
  /** All text before the item. */
  readonly prefix: string;
  /** Line breaks wanted between prefix and item: separate messages become paragraphs. */
  readonly breaks: number;
}

interface Text {
  readonly text: string;
  readonly item: Item | undefined;
  /** The part of `text` between the item's prefix and the item. */
  readonly separator: string;
}

const none: Text = { text: "", item: undefined, separator: "" };

/** @param isHeld whether to send nothing before the end: the answer fails if a required tool call is missing. */
export function createAssistantText(isHeld: boolean): AssistantText {
  let known = none;
  let sent = "";
  let pending: Text | undefined;
  return {
    push(piece) {
      if (piece.replaceable || pending !== undefined) {
        pending = mergeText(pending ?? known, wholeRun(piece));
        return "";
      }
      const before = known;
      known = mergeText(before, piece);
      if (isHeld) {
        return "";
      }
      const added = addition(before, piece);
      if (added !== undefined && sent.length === before.text.length) {
        sent = known.text;
        return added;
      }
      if (!known.text.startsWith(sent)) {
        return undefined;
      }
      const more = known.text.slice(sent.length);
      sent = known.text;
      return more;
    },
    finish(result, fallback) {
      const text = finalText({ known: known.text, pending: pending?.text, sent, result, fallback });
      return text.startsWith(sent) ? text.slice(sent.length) : undefined;
    },
  };
}

/** A `text` without an item is the text of the whole run, so it replaces everything. */
function wholeRun(piece: TextPiece): TextPiece {
  return piece.itemId === undefined && piece.text !== undefined
    ? { ...piece, replace: true }
    : piece;
}

interface Ending {
  readonly known: string;
  readonly pending: string | undefined;
  readonly sent: string;
  readonly result: string | undefined;
  readonly fallback: string;
}

function finalText({ known, pending, sent, result, fallback }: Ending): string {
  if (pending !== undefined) {
    return result ?? (pending || (sent === "" ? fallback : ""));
  }
  return sent === "" ? (result ?? known) || fallback : known;
}

/** An item's separator depends on its first two characters, so it is final from this length on. */
const settledLength = 2;

/**
 * The text that a piece appends; undefined if it does anything else. Compares lengths only, because the host marks
 * replacements (`replace`), and comparing the whole text for each word would take quadratic time.
 */
function addition(before: Text, piece: TextPiece): string | undefined {
  const { text, delta, itemId, replace } = piece;
  const { item, separator } = before;
  const ownLength = before.text.length - (item?.prefix.length ?? 0) - separator.length;
  if (replace || delta === undefined || itemId !== item?.id || ownLength < settledLength) {
    return undefined;
  }
  return text === undefined || text.length === ownLength + delta.length ? delta : undefined;
}

function mergeText(before: Text, piece: TextPiece): Text {
  const added = addition(before, piece);
  if (added !== undefined) {
    return { ...before, text: before.text + added };
  }
  if (piece.itemId !== undefined) {
    return mergeItem(before, piece, piece.itemId);
  }
  const { text, delta } = piece;
  const appended = (more: string): Text => ({ ...none, text: before.text + more });
  if (text === undefined) {
    return appended(delta ?? "");
  }
  return piece.replace || text.startsWith(before.text)
    ? { ...none, text }
    : appended(delta ?? text);
}

function mergeItem(before: Text, piece: TextPiece, id: string): Text {
  const isSame = before.item?.id === id;
  const item = isSame && before.item !== undefined ? before.item : newItem(before, piece, id);
  const own = isSame ? before.text.slice(item.prefix.length + before.separator.length) : "";
  const text = piece.text ?? own + (piece.delta ?? "");
  const separator = text === "" ? "" : "\n".repeat(Math.max(0, item.breaks - leadingBreaks(text)));
  return { text: item.prefix + separator + text, item, separator };
}

function newItem(before: Text, piece: TextPiece, id: string): Item {
  const prefix = piece.replace && piece.replaceable ? "" : before.text;
  return { id, prefix, breaks: prefix === "" ? 0 : 2 - trailingBreaks(prefix) };
}

/** Line breaks at the start, counted up to 2. */
function leadingBreaks(text: string): number {
  return text.startsWith("\n\n") ? 2 : text.startsWith("\n") ? 1 : 0;
}

/** Line breaks at the end, counted up to 2. */
function trailingBreaks(text: string): number {
  return text.endsWith("\n\n") ? 2 : text.endsWith("\n") ? 1 : 0;
}
