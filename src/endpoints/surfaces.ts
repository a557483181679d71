/** The surfaces of the relay: the same endpoints under several base paths, each with its own check of the caller. */
import type { Authenticate } from "../access/authenticate.ts";
import { RelayError } from "../errors.ts";
import { type Caller, keyHolder, operator } from "../access/caller.ts";
import type { ClientAddresses } from "../access/ports.ts";
import type { OpenClients } from "../http/open-clients.ts";
import { createRoute, type RouteHandler, type TraceContextSource } from "../http/route.ts";
import {
  createRouter,
  type ServedRoute,
  serveRoutes,
  type SurfaceOptions,
} from "../http/router.ts";
import { openAiChat } from "../protocols/openai-chat/protocol.ts";
import { limitHeaders } from "../quota/limit-headers.ts";
import { operatorName } from "../telemetry/request-view.ts";
import type { Subscriber } from "../telemetry/events.ts";
import { createEnforceQuota, type EnforceQuota, withoutQuota } from "./enforce-quota.ts";
import { createMetrics, type RenderMetrics } from "./metrics.ts";
import { type EndpointParts, endpointTable, keyEndpointTable } from "./table.ts";
import { createUnknown } from "./unknown.ts";

export interface Surfaces {
  /** `/v1` of the gateway and its metrics, for callers that the gateway has authenticated. */
  readonly operator: RouteHandler;
  /** `/passthrough/v1` and `/passthrough/metrics` of the gateway, for callers with a virtual key. */
  readonly keyed: RouteHandler;
  /** `/v1` and `/passthrough/metrics` of the relay's own listener, for callers with a virtual key. */
  readonly listener: RouteHandler;
}

export interface SurfaceParts extends EndpointParts {
  /** Holds the clients of the listener's requests under way. The gateway's thread knows those of its own routes. */
  readonly openClients: OpenClients;
  readonly host: ClientAddresses;
  readonly authenticate: Authenticate;
  readonly publish: Subscriber;
  readonly traceContext?: TraceContextSource;
  readonly renderMetrics: RenderMetrics;
}

export function createSurfaces(parts: SurfaceParts): Surfaces {
  const { host, authenticate, limiter, publish, openClients, traceContext } = parts;
  /** @param forMetrics whether a key for metrics is asked for, or another one. */
  const byKey =
    (forMetrics: boolean): SurfaceOptions<Caller>["authenticate"] =>
    ({ headers, socket }, trace) => {
      const { remoteAddress } = socket;
      const grant = authenticate(headers, () => host.clientAddress({ headers, remoteAddress }));
      trace.caller = grant.name;
      if (grant.readsMetrics !== forMetrics) {
        throw endpointNotAllowed(forMetrics);
      }
      if (!forMetrics) {
        trace.limitHeaders = () => limitHeaders(limiter.quotas(grant));
      }
      return keyHolder(grant);
    };
  const metrics = createMetrics(parts.renderMetrics);
  const metricsRoute = (
    path: string,
    shared: Omit<SurfaceOptions<Caller>, "base">,
  ): ServedRoute => ({
    path,
    match: "exact",
    handler: createRoute({
      ...shared,
      name: "metrics",
      method: "GET",
      protocol: openAiChat,
      endpoint: metrics,
    }),
  });
  const surface = (
    shared: SurfaceOptions<Caller>,
    enforceQuota: EnforceQuota,
    others: readonly ServedRoute[],
  ): RouteHandler => {
    const { base } = shared;
    const table = [
      ...endpointTable(parts, { base, enforceQuota }),
      ...(enforceQuota === withoutQuota ? [] : keyEndpointTable(parts)),
    ];
    const unknown = enforceQuota(
      createUnknown(table.map(({ method, path }) => `${method} ${base}${path}`)),
    );
    return createRouter(
      [...serveRoutes(table, shared), ...others],
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
      { base: operatorBase, authenticate: byGateway, publish, traceContext },
      withoutQuota,
      [metricsRoute(operatorMetricsPath, { authenticate: byGateway, publish })],
    ),
    keyed: surface(
      { base: keyedBase, authenticate: byKey(false), publish, traceContext },
      enforceQuota,
      [metricsRoute(metricsPath, { authenticate: byKey(true), publish })],
    ),
    listener: surface(
      { base: operatorBase, authenticate: byKey(false), publish, traceContext, openClients },
      enforceQuota,
      [metricsRoute(metricsPath, { authenticate: byKey(true), publish, openClients })],
    ),
  };
}

const byGateway: SurfaceOptions<Caller>["authenticate"] = ({ operatorScopes }, trace) => {
  trace.caller = operatorName;
  return operator(operatorScopes ?? []);
};

function endpointNotAllowed(forMetrics: boolean): RelayError {
  return new RelayError(
    "endpoint_not_allowed",
    forMetrics
      ? "This key may not read metrics. The gateway's operator can create one that may: `openclaw passthrough keys create NAME --metrics`."
      : `This key may read GET ${metricsPath}, and nothing else. Use another key here.`,
  );
}

/** Base path of the gateway's route for operators, and of the relay's own listener. */
const operatorBase = "/v1";
/** Base path of the gateway's route for callers with a virtual key. */
const keyedBase = "/passthrough/v1";
/** The metrics for virtual keys, on the gateway's port and at the listener. */
const metricsPath = "/passthrough/metrics";
/** The same for the gateway's own credentials. The gateway allows only one kind of authentication for a path. */
const operatorMetricsPath = "/passthrough/operator/metrics";
