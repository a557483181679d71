/** What the commands ask the running gateway. They validate its answers. */
import { Value } from "@sinclair/typebox/value";
import type { Static, TSchema } from "@sinclair/typebox";
import type { GatewayCall } from "../control/gateway-call.ts";
import type { LiveStatus } from "../control/live-problems.ts";
import type { Problem } from "../control/problems.ts";
import type { Status } from "../control/status.ts";
import type { RequestList, RequestQuery, RequestView } from "../telemetry/views.ts";
import { gatewaySchema, relaySchema, requestListSchema, requestSchema } from "./contract.ts";

/** The part of the relay's status that the commands show. */
export interface RelayStatus extends Pick<
  Status,
  | "mode"
  | "at"
  | "since"
  | "totals"
  | "recent"
  | "providers"
  | "targets"
  | "agents"
  | "modes"
  | "keys"
  | "fallbacks"
  | "estimate"
  | "sessions"
  | "agentSessions"
  | "runs"
> {
  readonly host: Pick<Status["host"], "version">;
  readonly upstream: LiveStatus["upstream"];
}

export interface GatewayStatus {
  readonly ok: boolean;
  /** Why the relay serves no requests; undefined if it does. */
  readonly problem?: string | undefined;
  /** Of the data plane, and of the configuration. */
  readonly problems: readonly Problem[];
  readonly dataPlane: { readonly state: string };
  /** Undefined while the data plane does not answer. */
  readonly relay: RelayStatus | undefined;
}

/** An answer that has been read, and its JSON as the gateway sent it. */
interface Answered<T> {
  readonly value: T;
  readonly json: unknown;
}

/** Each question throws an Error with a sentence for people if no gateway answers. */
export interface Ask {
  status(): Promise<Answered<GatewayStatus>>;
  requests(query: RequestQuery): Promise<Answered<RequestList>>;
  /** @param id whole, or its first eight characters or more. @returns null for an unknown id. */
  request(id: string): Promise<Answered<RequestView | null>>;
}

/** The gateway may be busy, but a person waits. */
const timeoutMs = 15_000;

export function createAsk(call: GatewayCall): Ask {
  const ask = async (method: string, parameters: Readonly<Record<string, unknown>>) => {
    const answer = await call(method, parameters, timeoutMs);
    if (answer.kind === "no-gateway") {
      throw new Error(
        "No gateway runs at the configured address. Start it with `openclaw gateway run`, or as a service with `openclaw gateway start`.",
      );
    }
    return answer.payload;
  };
  return {
    async status() {
      const json = await ask("passthrough.status", {});
      const gateway = read(gatewaySchema, json);
      // Without the data plane, the gateway's own part is all there is.
      const hasRelay = typeof json === "object" && json !== null && "totals" in json;
      return { value: { ...gateway, relay: hasRelay ? read(relaySchema, json) : undefined }, json };
    },
    async requests(query) {
      const json = await ask("passthrough.requests", { ...query });
      return { value: read(requestListSchema, json), json };
    },
    async request(id) {
      const json = await ask("passthrough.request", { id });
      return { value: json === null ? null : read(requestSchema, json), json };
    },
  };
}

/** The relay's part of the status. @throws Error that says why there is none. */
export function relayOf({ relay, problem, dataPlane }: GatewayStatus): RelayStatus {
  if (relay === undefined) {
    throw new Error(
      `The relay does not answer: ${problem ?? `its thread is ${dataPlane.state}`}. The gateway's log says more.`,
    );
  }
  return relay;
}

function read<S extends TSchema>(schema: S, value: unknown): Static<S> {
  if (Value.Check(schema, value)) {
    return value;
  }
  const first = Value.Errors(schema, value).First();
  throw new Error(
    `The gateway runs another version of the plugin: restart it (${first?.path || "/"}: ${first?.message}).`,
  );
}
