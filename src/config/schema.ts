/**
 * The plugin's configuration, `plugins.entries.passthrough.config`: the one source of its names, defaults and
 * descriptions. The manifest's `configSchema` is this schema, and the gateway refuses what does not fit it.
 */
import { type Static, Type } from "@sinclair/typebox";

const mebibyte = 1024 * 1024;

export const configSchema = Type.Object(
  {
    mode: Type.Union([Type.Literal("passthrough")], {
      default: "passthrough",
      description:
        "What a request becomes: `passthrough` forwards it to the model's provider as it is.",
    }),
    defaultAgent: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "The agent that `openclaw` and `openclaw/default` mean. Needed only where several agents are configured.",
      }),
    ),
    maxBodyBytes: Type.Integer({
      minimum: 1024,
      maximum: 512 * mebibyte,
      default: 20 * mebibyte,
      description: "The largest request body, in bytes; a larger one is answered with 413.",
    }),
  },
  { additionalProperties: false },
);

/** The configuration with its defaults filled in. */
export type RelayConfig = Static<typeof configSchema>;
