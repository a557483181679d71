/** The schema's part for traces, the log and alerts. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { says, type SettingHint } from "./says.ts";
import { stringEnum } from "./string-enum.ts";

/** Without credentials, so that a URL can be logged. */
const httpUrl = (description: string, hint: SettingHint) =>
  Type.String({ pattern: "^https?://[^/?#@\\s]+(/[^?#\\s]*)?$", ...says(description, hint) });

/**
 * A secret: as text, or as a reference that the gateway resolves (`configContracts.secretInputs` of the manifest). A
 * reference that it could not resolve stays an object.
 */
const secretText = (description: string, hint: SettingHint) =>
  Type.Union(
    [
      Type.String({ minLength: 1 }),
      Type.Object(
        {
          source: stringEnum(["env", "file", "exec", "store"]),
          provider: Type.String({ minLength: 1 }),
          id: Type.String({ minLength: 1 }),
        },
        { additionalProperties: false },
      ),
    ],
    says(description, {
      sensitive: true,
      allowed: "a string, or `{ source, provider, id }`: a secret of the gateway",
      ...hint,
    }),
  );

const secretHeaders = (description: string) =>
  Type.Record(
    Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$" }),
    secretText(description, { label: "Header", unset: "none" }),
    { default: {}, additionalProperties: false, hint: { label: "Headers" } },
  );

const share = (description: string, hint: SettingHint) =>
  Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      ...says(description, { allowed: "more than 0, up to 1", ...hint }),
    }),
  );

/** A section that is off unless it is written. */
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema);

const thresholds = Type.Object(
  {
    failureShare: share(
      "Share of the requests of five minutes that failed by the provider's or the relay's fault.",
      { label: "Share of failures", unset: "0.05" },
    ),
    fallbackShare: share("Share of the requests of five minutes that fell back.", {
      label: "Share of fallbacks",
      unset: "0.2",
    }),
    firstTokenP99Ms: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3_600_000,
        ...says("99th percentile of the time to the first output of streams in five minutes.", {
          label: "Time to the first output (ms)",
          unset: "10000",
        }),
      }),
    ),
    budgetShare: share("Used share of a key's budget.", {
      label: "Share of a budget",
      unset: "0.8",
    }),
    minRequests: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        ...says("Fewer requests in five minutes are too few for an alert about shares or times.", {
          label: "Least requests",
          unset: "20",
        }),
      }),
    ),
  },
  { default: {}, additionalProperties: false, hint: { label: "Thresholds", advanced: true } },
);

/** Members of the config's schema. */
export const observability = {
  log: Type.Object(
    {
      requests: Type.Boolean({
        default: false,
        ...says("Write one line for each request, at info level.", {
          label: "Log requests",
          see: "[the log](alerts.md#the-log)",
        }),
      }),
      format: stringEnum(["text", "json"], {
        default: "text",
        ...says("How that line is written: `key=value` pairs, or JSON.", { label: "Format" }),
      }),
      maxPerSecond: Type.Integer({
        minimum: 1,
        maximum: 10_000,
        default: 20,
        ...says(
          "Lines about requests in one second. Further ones are left out, and the next line says how many.",
          { label: "Lines per second", advanced: true },
        ),
      }),
    },
    { default: {}, additionalProperties: false, hint: { label: "Log" } },
  ),
  otlp: optional(
    Type.Object(
      {
        endpoint: httpUrl(
          "Base URL of an OpenTelemetry collector that takes OTLP over HTTP (protobuf). `/v1/traces` is appended unless it is there.",
          {
            label: "Endpoint",
            unset: "required",
            allowed: "an `https` or `http` URL without credentials and query",
            see: "[traces](tracing.md)",
          },
        ),
        headers: secretHeaders("Header of requests to the collector, such as its API key."),
        sampleRatio: Type.Number({
          minimum: 0,
          maximum: 1,
          default: 1,
          ...says(
            "Share of the requests that are traced. A request with a `traceparent` is traced if that says so.",
            { label: "Share of traced requests", allowed: "0 to 1" },
          ),
        }),
      },
      { additionalProperties: false, hint: { label: "Traces" } },
    ),
  ),
  alerts: optional(
    Type.Object(
      {
        webhook: Type.Object(
          {
            url: httpUrl("Gets a POST when an alert fires and when it is resolved.", {
              label: "URL",
              unset: "required",
              allowed: "an `https` or `http` URL without credentials and query",
              see: "[alerts](alerts.md)",
            }),
            secret: Type.Optional(
              secretText("Signs each POST.", { label: "Secret", unset: "not signed" }),
            ),
            headers: secretHeaders("Header of each POST, such as the receiver's API key."),
          },
          { additionalProperties: false, hint: { label: "Webhook" } },
        ),
        thresholds,
      },
      { additionalProperties: false, hint: { label: "Alerts" } },
    ),
  ),
};

/** A secret, or a reference to one that the gateway could not resolve. */
export type SecretText = Static<ReturnType<typeof secretText>>;

/** The paths of all secrets, for the manifest: the gateway resolves references at them. */
export const secretPaths = ["otlp.headers.*", "alerts.webhook.secret", "alerts.webhook.headers.*"];
