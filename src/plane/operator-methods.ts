/** Gateway methods that read what the data plane has counted. The command line and the page use them. */
import { Value } from "@sinclair/typebox/value";
import { Type } from "@sinclair/typebox";
import type { DataPlane } from "./data-plane.ts";

interface OperatorMethod {
  readonly name: string;
  /** @throws Error if the parameters are invalid, or the data plane does not answer. */
  answer(parameters: unknown): Promise<unknown>;
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
const idSchema = Type.Object({ id: Type.String({ maxLength: 64 }) });
const rangeSchema = Type.Object({
  range: Type.Union([Type.Literal("hour"), Type.Literal("day")]),
});

export function operatorMethods(plane: Pick<DataPlane, "ask">): readonly OperatorMethod[] {
  return [
    {
      name: "passthrough.requests",
      answer: async (parameters) =>
        answered(await plane.ask("requests", Value.Decode(querySchema, parameters))),
    },
    {
      name: "passthrough.request",
      answer: async (parameters) =>
        answered(await plane.ask("request", Value.Decode(idSchema, parameters).id)),
    },
    {
      name: "passthrough.series",
      answer: async (parameters) =>
        answered(await plane.ask("series", Value.Decode(rangeSchema, parameters).range)),
    },
  ];
}

function answered<T>(answer: T | undefined): T {
  if (answer === undefined) {
    throw new Error(
      "the relay does not answer: `openclaw passthrough status` shows why, and the gateway's log",
    );
  }
  return answer;
}
