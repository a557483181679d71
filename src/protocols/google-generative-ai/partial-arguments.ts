/** Puts a call's arguments together that Vertex AI streams piece by piece, each at a JSON path (RFC 9535). */
import { isRecord } from "../../text/json.ts";

export interface PartialArguments {
  /** @returns false if the pieces do not fit together. */
  add(pieces: unknown): boolean;
  /** The arguments as JSON. */
  end(): string;
}

type Step = string | number;
/** Objects are maps, because their names are foreign. */
type Container = Map<string, unknown> | unknown[];

/** Bound for the nesting of arguments. Writing deeper ones could overflow the stack. */
const maxDepth = 64;

export function createPartialArguments(): PartialArguments {
  const root: Container = new Map();
  return {
    add: (pieces) =>
      Array.isArray(pieces) && pieces.every((piece) => isRecord(piece) && addPiece(root, piece)),
    end: () =>
      JSON.stringify(root, (_name, value) => (value instanceof Map ? object(value) : value)),
  };
}

function object(members: ReadonlyMap<string, unknown>): object {
  return Object.fromEntries(members);
}

function addPiece(root: Container, piece: Readonly<Record<string, unknown>>): boolean {
  const steps = stepsOf(piece["jsonPath"]);
  const last = steps?.pop();
  if (steps === undefined || last === undefined) {
    return false;
  }
  let at: unknown = root;
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1] ?? last;
    if (get(at, step) === undefined && !set(at, step, typeof next === "number" ? [] : new Map())) {
      return false;
    }
    at = get(at, step);
  }
  const { stringValue, numberValue, boolValue } = piece;
  if (typeof stringValue === "string") {
    const begun = get(at, last);
    return set(at, last, typeof begun === "string" ? begun + stringValue : stringValue);
  }
  if (typeof numberValue === "number") {
    return set(at, last, numberValue);
  }
  return set(at, last, typeof boolValue === "boolean" ? boolValue : null);
}

function get(container: unknown, step: Step): unknown {
  if (Array.isArray(container)) {
    return typeof step === "number" ? container[step] : undefined;
  }
  return container instanceof Map ? container.get(step) : undefined;
}

/** An array grows by one, so that an index from a provider does not reserve memory. */
function set(container: unknown, step: Step, value: unknown): boolean {
  if (Array.isArray(container) && typeof step === "number" && step <= container.length) {
    container[step] = value;
    return true;
  }
  if (container instanceof Map && typeof step === "string") {
    container.set(step, value);
    return true;
  }
  return false;
}

const stepPattern = /\.([^.[\]]+)|\[(\d{1,9})\]|\['([^']*)'\]|\["([^"]*)"\]/y;

/** Reads `$.foo.bar[0]['a b']`; undefined for any other text. */
function stepsOf(path: unknown): Step[] | undefined {
  if (typeof path !== "string" || !path.startsWith("$")) {
    return undefined;
  }
  const steps: Step[] = [];
  let at = 1;
  while (at < path.length) {
    stepPattern.lastIndex = at;
    const match = stepPattern.exec(path);
    if (match === null || steps.length === maxDepth) {
      return undefined;
    }
    const [whole, name, index, quoted = match[4]] = match;
    steps.push(index === undefined ? (name ?? quoted ?? "") : Number(index));
    at += whole.length;
  }
  return steps;
}
