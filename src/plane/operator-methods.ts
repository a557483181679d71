/** Gateway methods that read what the data plane has counted. The command line and the page use them. */
import { Value } from "@sinclair/typebox/value";
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import type { DataPlane } from "./data-plane.ts";

interface OperatorMethod {
  readonly name: string;
  /** @throws InvalidParameters, or another Error if the data plane does not answer. */
  answer(parameters: unknown): Promise<unknown>;
}

/** The host's function that answers a call, as far as it is used. */
type Respond = (
  ok: boolean,
  payload?: unknown,
  error?: { readonly code: string; readonly message: string },
) => void;

/** A caller's mistake. The message says which parameter is wrong, and what is allowed. */
class InvalidParameters extends Error {
  override readonly name = "InvalidParameters";
}

/**
 * Answers a call. A failure becomes an error with the host's codes: of what a method throws, the host would write an error
 * into its log.
 */
export async function respondWith(respond: Respond, answer: () => Promise<unknown>): Promise<void> {
  let payload;
  try {
    payload = await answer();
  } catch (error) {
    const code = error instanceof InvalidParameters ? "INVALID_REQUEST" : "UNAVAILABLE";
    respond(false, undefined, {
      code,
      message: error instanceof Error ? error.message : String(error),
    });
    return;
  }
  respond(true, payload);
}

const querySchema = Type.Object(
  {
    key: Type.Optional(Type.String({ maxLength: 200 })),
    model: Type.Optional(Type.String({ maxLength: 200 })),
    status: Type.Optional(Type.String({ maxLength: 64 })),
    slowMs: Type.Optional(Type.Number({ minimum: 0 })),
    after: Type.Optional(Type.Integer({ minimum: 0 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
  },
  { additionalProperties: false },
);
const idSchema = Type.Object({ id: Type.String({ minLength: 8, maxLength: 64 }) });
const rangeSchema = Type.Object({
  range: Type.Union([Type.Literal("hour"), Type.Literal("day")]),
});

export function operatorMethods(plane: Pick<DataPlane, "ask">): readonly OperatorMethod[] {
  return [
    {
      name: "passthrough.requests",
      answer: async (parameters) =>
        answered(
          await plane.ask("requests", checked("passthrough.requests", querySchema, parameters)),
        ),
    },
    {
      name: "passthrough.request",
      answer: async (parameters) =>
        answered(
          await plane.ask("request", checked("passthrough.request", idSchema, parameters).id),
        ),
    },
    {
      name: "passthrough.series",
      answer: async (parameters) =>
        answered(
          await plane.ask("series", checked("passthrough.series", rangeSchema, parameters).range),
        ),
    },
  ];
}

function checked<S extends TSchema>(method: string, schema: S, parameters: unknown): Static<S> {
  if (Value.Check(schema, parameters)) {
    return parameters;
  }
  const first = Value.Errors(schema, parameters).First();
  const place = first === undefined || first.path === "" ? "its parameters" : first.path.slice(1);
  throw new InvalidParameters(`${method}: ${place}: ${first?.message ?? "invalid"}`);
}

function answered<T>(answer: T | undefined): T {
  if (answer === undefined) {
    throw new Error(
      "the relay does not answer: `openclaw passthrough status` shows why, and the gateway's log",
    );
  }
  return answer;
}
