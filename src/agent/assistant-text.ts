/**
 * The text of an agent's answer while it is made. The host tells of it in pieces that may add, repeat or replace; a stream can
 * only add. The rules are core's (`agent-event-assistant-text` in openclaw 2026.9.6).
 */

/** What the host tells: the text of an item so far, or what it has more now. */
export interface TextPiece {
  readonly text?: string | undefined;
  readonly delta?: string | undefined;
  /** The message that the piece belongs to, where the host says so. */
  readonly itemId?: string | undefined;
  /** Whether `text` takes the place of all that was there. */
  readonly replace: boolean;
  /** Whether it may still be replaced, so that it is no answer yet. */
  readonly replaceable: boolean;
}

export interface AssistantText {
  /** @returns what the stream may add now, perhaps nothing; undefined where what was sent can't be right any more. */
  push(piece: TextPiece): string | undefined;
  /**
   * What is still to be sent when the run is over.
   * @param result the run's own text; undefined where it has none.
   * @param fallback what is sent where there is no text at all.
   * @returns undefined where what was sent can't be right any more.
   */
  finish(result: string | undefined, fallback: string): string | undefined;
}

interface Item {
  readonly id: string;
  /** What stands before the item. */
  readonly prefix: string;
  /** Line breaks wanted between the two: messages of their own are paragraphs. */
  readonly breaks: number;
}

interface Text {
  readonly text: string;
  readonly item: Item | undefined;
  /** Of the text, what separates the item from its prefix. */
  readonly separator: string;
}

const none: Text = { text: "", item: undefined, separator: "" };

/** @param isHeld whether nothing is sent before the end, because a call may still have to come first. */
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

/** A piece of no item that tells the whole text, tells that of the whole run. */
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

/** The separator of an item depends on its first two characters. */
const settledLength = 2;

/**
 * What a piece adds behind all that was there; undefined where it does something else. Told by lengths, because the host marks
 * what is no addition (`replace`): to compare the whole text for each word takes time that grows with its square.
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

/** 0 to 2. */
function leadingBreaks(text: string): number {
  return text.startsWith("\n\n") ? 2 : text.startsWith("\n") ? 1 : 0;
}

/** 0 to 2. */
function trailingBreaks(text: string): number {
  return text.endsWith("\n\n") ? 2 : text.endsWith("\n") ? 1 : 0;
}
