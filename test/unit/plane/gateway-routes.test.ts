import { expect, test } from "vitest";
import { endpointTable } from "../../../src/endpoints/table.ts";
import { withoutQuota } from "../../../src/endpoints/enforce-quota.ts";
import { gatewayRoutes } from "../../../src/plane/gateway-routes.ts";

test("the gateway has a route for each endpoint of operators, and one for all of virtual keys", () => {
  const parts = {} as Parameters<typeof endpointTable>[0];
  const endpoints = endpointTable(
    { ...parts, sources: {} as typeof parts.sources },
    { base: "/v1", enforceQuota: withoutQuota },
  );
  expect(gatewayRoutes).toEqual([
    ...endpoints.map(({ path, match }) => ({ path: `/v1${path}`, match, surface: "operator" })),
    { path: "/passthrough/v1", match: "prefix", surface: "keyed" },
    { path: "/passthrough/metrics", match: "exact", surface: "keyed" },
    { path: "/passthrough/operator/metrics", match: "exact", surface: "operator" },
  ]);
});
