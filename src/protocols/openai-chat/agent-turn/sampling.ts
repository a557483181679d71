/** Reads sampling fields and caps: translates the request's names into the host's, within core's bounds. */
import { isRecord } from "../../../text/json.ts";
import type { StreamParams } from "../../turn.ts";
import { refusal } from "../../core-error.ts";

const bounds = [
  { field: "temperature", name: "temperature", least: 0, most: 2, range: "0 and 2" },
  { field: "top_p", name: "topP", least: 0, most: 1, range: "0 and 1" },
  {
    field: "frequency_penalty",
    name: "frequencyPenalty",
    least: -2,
    most: 2,
    range: "-2.0 and 2.0",
  },
  { field: "presence_penalty", name: "presencePenalty", least: -2, most: 2, range: "-2.0 and 2.0" },
] as const;

const maxStopSequences = 4;

/**
 * @param body with fields of the right types (`checkFields`).
 * @returns undefined if the request has none of these fields.
 * @throws RelayError `invalid_body`.
 */
export function parseSampling(body: Readonly<Record<string, unknown>>): StreamParams | undefined {
  // If both are present, the newer name wins.
  const maxTokens = body["max_completion_tokens"] ?? body["max_tokens"];
  const responseFormat = parseResponseFormat(body["response_format"]);
  const stop = parseStop(body["stop"]);
  const params: Record<string, unknown> = { maxTokens, responseFormat, stop };
  for (const { field, name, least, most, range } of bounds) {
    const value = body[field] as number | null | undefined;
    if (typeof value === "number" && !(value >= least && value <= most)) {
      throw refusal(`\`${field}\` must be between ${range}.`);
    }
    params[name] = value;
  }
  const seed = body["seed"];
  if (typeof seed === "number" && !Number.isInteger(seed)) {
    throw refusal("`seed` must be an integer.");
  }
  params["seed"] = seed;
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function parseResponseFormat(value: unknown): Record<string, unknown> | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (!isRecord(value)) {
    throw refusal("Invalid response_format: response_format must be an object");
  }
  if (!["text", "json_object", "json_schema"].includes(String(value["type"]))) {
    throw refusal(
      "Invalid response_format: response_format.type must be text, json_object, or json_schema",
    );
  }
  return value;
}

function parseStop(value: unknown): string[] | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  const sequences = (Array.isArray(value) ? value : [value]) as string[];
  if (sequences.length > maxStopSequences) {
    throw refusal(`Invalid stop: stop supports at most ${maxStopSequences} sequences`);
  }
  if (sequences.includes("")) {
    throw refusal("Invalid stop: stop entries must be non-empty strings");
  }
  return sequences.length === 0 ? undefined : sequences;
}
