/** The status that operators get: the relay's own, and the data plane's. */
import { coreEndpointProblem } from "../control/core-endpoint-problem.ts";
import { errorsFirst, pathOf, type Problem } from "../control/problems.ts";
import type { DoctorHost } from "../doctor/gather-facts.ts";
import { localProblems } from "../doctor/local-problems.ts";
import { type PlaneFacts, planeProblems } from "../doctor/plane-problems.ts";
import type { RelayHost } from "./relay-host.ts";
import type { DataPlane, DataPlaneState } from "./data-plane.ts";
import type { PlaneStatus } from "./messages.ts";

export interface GatewayStatus extends Partial<Omit<PlaneStatus, "listener" | "memory">> {
  readonly ok: boolean;
  /** Errors and warnings: those of the data plane itself, then those that the relay has found. */
  readonly problems: readonly Problem[];
  /** Why the relay serves no requests; undefined if it does. */
  readonly problem?: string;
  readonly dataPlane: DataPlaneState & Partial<Pick<PlaneStatus, "listener" | "memory">>;
}

type GatewayStatusHost = Pick<RelayHost, "coreEndpoints" | "workspace"> & DoctorHost;

export async function gatewayStatus(
  plane: DataPlane,
  host: GatewayStatusHost,
): Promise<GatewayStatus> {
  const answered: Partial<PlaneStatus> = (await plane.ask("status")) ?? {};
  const { listener, memory, problems, ...relay } = answered;
  const problem = coreEndpointProblem(host.coreEndpoints()) ?? plane.problem();
  const state = plane.state();
  return {
    ...relay,
    ok: problem === undefined && state.state === "serving",
    problems: errorsFirst([
      ...planeProblems(planeFacts(plane)),
      ...notServing(plane),
      ...(problems ?? (await localProblems(host).catch(() => []))),
    ]),
    ...(problem === undefined ? {} : { problem }),
    dataPlane: {
      ...state,
      ...(listener === undefined ? {} : { listener }),
      ...(memory === undefined ? {} : { memory }),
    },
  };
}

/** A thread that starts, or that the gateway has not started yet. */
function notServing(plane: Pick<DataPlane, "state" | "problem">): readonly Problem[] {
  const { state } = plane.state();
  return state === "serving" || plane.problem() !== undefined
    ? []
    : [
        {
          severity: "error",
          path: pathOf("dataPlane"),
          message: `The relay serves no requests: its thread is ${state}.`,
          fix: "Wait some seconds. If it stays so, the gateway's log says why.",
        },
      ];
}

/** What `passthrough.doctor` answers: the status's problems, and what the providers say to each credential. */
export async function gatewayCheckup(
  plane: DataPlane,
  host: GatewayStatusHost,
): Promise<{ readonly problems: readonly Problem[] }> {
  const { problems } = await gatewayStatus(plane, host);
  const ofProviders = await plane.ask("askProviders");
  return { problems: [...problems, ...(ofProviders ?? [providersNotAsked])] };
}

const providersNotAsked: Problem = {
  severity: "error",
  path: pathOf("dataPlane"),
  message: "The providers could not be asked, because the data plane does not answer.",
  fix: "Try again, or restart the gateway.",
};

function planeFacts(plane: DataPlane): PlaneFacts {
  return {
    problem: plane.problem(),
    deaths: plane.state().deaths,
    lastDeath: plane.lastDeath(),
  };
}
