/** Puts a call's arguments together that Vertex AI streams piece by piece, each at a JSON path (RFC 9535). */
import { isRecord } from "../../text/json.ts";

export interface PartialArguments {
  /** @returns false if the pieces do not fit together. */
  add(pieces: unknown): boolean;
  /** The arguments as JSON. */
  end(): string;
}

type Step = string | number;
/** The members of an object by name, or the elements of an array by index. A map, because the names are foreign. */
type Container = Map<Step, unknown>;

/** Bound for the nesting of arguments. Writing deeper ones could overflow the stack. */
const maxDepth = 64;

export function createPartialArguments(): PartialArguments {
  const root: Container = new Map();
  return {
    add: (pieces) =>
      Array.isArray(pieces) && pieces.every((piece) => isRecord(piece) && addPiece(root, piece)),
    end: () =>
      JSON.stringify(root, (_name, value) => (value instanceof Map ? written(value) : value)),
  };
}

function written(container: Container): object {
  return container.has(0) ? [...container.values()] : Object.fromEntries(container);
}

function addPiece(root: Container, piece: Readonly<Record<string, unknown>>): boolean {
  const steps = stepsOf(piece["jsonPath"]);
  const last = steps?.pop();
  // The arguments are an object.
  if (steps === undefined || last === undefined || typeof (steps[0] ?? last) !== "string") {
    return false;
  }
  let at = root;
  for (const step of steps) {
    const next = at.has(step) ? at.get(step) : new Map();
    if (!(next instanceof Map && set(at, step, next))) {
      return false;
    }
    at = next;
  }
  const { stringValue, numberValue, boolValue } = piece;
  if (typeof stringValue === "string") {
    const begun = at.get(last);
    return set(at, last, typeof begun === "string" ? begun + stringValue : stringValue);
  }
  const isNumber = typeof numberValue === "number";
  return set(at, last, isNumber ? numberValue : typeof boolValue === "boolean" ? boolValue : null);
}

/** An array grows by one, so that an index from a provider does not make holes. */
function set(container: Container, step: Step, value: unknown): boolean {
  const [known = step] = container.keys();
  const fits = typeof step === typeof known && (typeof step === "string" || step <= container.size);
  if (fits) {
    container.set(step, value);
  }
  return fits;
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
