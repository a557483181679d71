/** The status that operators get: the relay's own, and the data plane's. */
import { coreEndpointProblem } from "../control/core-endpoint-problem.ts";
import type { RelayHost } from "./relay-host.ts";
import type { DataPlane, DataPlaneState } from "./data-plane.ts";
import type { PlaneStatus } from "./messages.ts";

interface GatewayStatus extends Partial<Omit<PlaneStatus, "listener" | "memory">> {
  readonly ok: boolean;
  /** Why the relay serves no requests; undefined if it does. */
  readonly problem?: string;
  readonly dataPlane: DataPlaneState & Partial<Pick<PlaneStatus, "listener" | "memory">>;
}

export async function gatewayStatus(
  plane: DataPlane,
  host: Pick<RelayHost, "coreEndpoints">,
): Promise<GatewayStatus> {
  const { listener, memory, ...relay } = (await plane.ask("status")) ?? {};
  const problem = coreEndpointProblem(host.coreEndpoints()) ?? plane.problem();
  const state = plane.state();
  return {
    ...relay,
    ok: problem === undefined && state.state === "serving",
    ...(problem === undefined ? {} : { problem }),
    dataPlane: {
      ...state,
      ...(listener === undefined ? {} : { listener }),
      ...(memory === undefined ? {} : { memory }),
    },
  };
}
