/** The surfaces of the relay: the same endpoints under several base paths, each with its own check of the caller. */
import type { Authenticate } from "../access/authenticate.ts";
import { type Caller, keyHolder, operator } from "../access/caller.ts";
import type { ClientAddresses } from "../access/ports.ts";
import type { OpenClients } from "../http/open-clients.ts";
import { createRoute, type RouteHandler, type TraceContextSource } from "../http/route.ts";
import { createRouter, serveRoutes, type SurfaceOptions } from "../http/router.ts";
import { openAiChat } from "../protocols/openai-chat/protocol.ts";
import { limitHeaders } from "../quota/limit-headers.ts";
import { operatorName } from "../telemetry/request-view.ts";
import type { Subscriber } from "../telemetry/events.ts";
import { createEnforceQuota, type EnforceQuota, withoutQuota } from "./enforce-quota.ts";
import { type EndpointParts, endpointTable, keyEndpointTable } from "./table.ts";
import { createUnknown } from "./unknown.ts";

export interface Surfaces {
  /** `/v1` of the gateway, for callers that the gateway has authenticated. */
  readonly operator: RouteHandler;
  /** `/passthrough/v1` of the gateway, for callers with a virtual key. */
  readonly keyed: RouteHandler;
  /** `/v1` of the relay's own listener, for callers with a virtual key. */
  readonly listener: RouteHandler;
}

export interface SurfaceParts extends EndpointParts {
  /** Holds the clients of the listener's requests under way. The gateway's thread knows those of its own routes. */
  readonly openClients: OpenClients;
  readonly host: ClientAddresses;
  readonly authenticate: Authenticate;
  readonly publish: Subscriber;
  readonly traceContext?: TraceContextSource;
}

export function createSurfaces(parts: SurfaceParts): Surfaces {
  const { host, authenticate, limiter, publish, openClients, traceContext } = parts;
  const byKey: SurfaceOptions<Caller>["authenticate"] = ({ headers, socket }, trace) => {
    const { remoteAddress } = socket;
    const grant = authenticate(headers, () => host.clientAddress({ headers, remoteAddress }));
    trace.caller = grant.name;
    trace.limitHeaders = () => limitHeaders(limiter.quotas(grant));
    return keyHolder(grant);
  };
  const surface = (shared: SurfaceOptions<Caller>, enforceQuota: EnforceQuota): RouteHandler => {
    const { base } = shared;
    const table = [
      ...endpointTable(parts, { base, enforceQuota }),
      ...(enforceQuota === withoutQuota ? [] : keyEndpointTable(parts)),
    ];
    const unknown = enforceQuota(
      createUnknown(table.map(({ method, path }) => `${method} ${base}${path}`)),
    );
    return createRouter(
      serveRoutes(table, shared),
      createRoute({
        ...shared,
        name: "unknown",
        method: undefined,
        protocol: openAiChat,
        endpoint: unknown,
      }),
    );
  };
  const enforceQuota = createEnforceQuota(parts);
  return {
    operator: surface(
      {
        base: operatorBase,
        authenticate: ({ operatorScopes }, trace) => {
          trace.caller = operatorName;
          return operator(operatorScopes ?? []);
        },
        publish,
        traceContext,
      },
      withoutQuota,
    ),
    keyed: surface({ base: keyedBase, authenticate: byKey, publish, traceContext }, enforceQuota),
    listener: surface(
      { base: operatorBase, authenticate: byKey, publish, traceContext, openClients },
      enforceQuota,
    ),
  };
}

/** Base path of the gateway's route for operators, and of the relay's own listener. */
const operatorBase = "/v1";
/** Base path of the gateway's route for callers with a virtual key. */
const keyedBase = "/passthrough/v1";
