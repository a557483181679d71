/**
 * Measures the time to first byte at a steady pace while agents work in the same gateway. The agents are those of a gateway of its
 * own; targets outside of it share only the cores with them.
 */
import { keepTurnsUnderWay } from "./agent-turns.ts";
import { type BesideAgentsExtent, settleMs } from "./extent.ts";
import { agentIds } from "./gateways.ts";
import { balancedOrders } from "./orders.ts";
import type { RelayGateway } from "./relay-gateway.ts";
import type { BesideAgents, TurnsUnderWay } from "./results.ts";
import type { Stage } from "./stage.ts";
import { askOnce, askWhole, requestOf, type Target } from "./targets.ts";

interface BesideAgentsResult {
  readonly besideAgents: readonly BesideAgents[];
  readonly agentTurns: readonly TurnsUnderWay[];
}

/** Events one by one: the first byte waits for nothing but the relay. */
const kind = "burst";
/** The first turn of a gateway takes seconds; after so many, turns are as they stay. */
const warmUpTurns = 4;
/** Requests to each target that do not count. */
const warmUpMs = 500;

/** @param signal is checked between measurements. */
export async function measureBesideAgents(
  stage: Stage,
  { rounds, agents, perSecond, durationMs }: BesideAgentsExtent,
  signal: AbortSignal,
): Promise<BesideAgentsResult> {
  const gateway = await stage.startRelay({ withAgentMode: true });
  const requests = await requestsTo(targetsBeside(stage, gateway));
  const agentRequest = requestOf(agentTarget(gateway), kind, 0);
  const turn = () => askWhole(agentRequest);
  for (let at = 0; at < warmUpTurns; at += 1) {
    await turn();
  }
  for (const { request } of requests) {
    await stage.steady.ask({ request, perSecond, durationMs: warmUpMs });
  }
  const orders = balancedOrders(requests.length);
  const besideAgents: BesideAgents[] = [];
  const agentTurns: TurnsUnderWay[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const count of agents) {
      console.error(`beside ${count} agent turns, round ${round} of ${rounds}`);
      const stop = keepTurnsUnderWay(count, turn);
      try {
        const order = orders[(round - 1) % orders.length] ?? [];
        for (const { target, title, request } of order.flatMap((at) => requests[at] ?? [])) {
          await new Promise((resolve) => setTimeout(resolve, settleMs));
          const result = await stage.steady.ask({ request, perSecond, durationMs });
          besideAgents.push({ target, title, agents: count, round, ...result });
          signal.throwIfAborted();
        }
      } finally {
        agentTurns.push({ agents: count, round, ...(await stop()) });
      }
    }
  }
  await gateway.close();
  return { besideAgents, agentTurns };
}

function targetsBeside({ direct, targets }: Stage, { targets: own }: RelayGateway): Target[] {
  const { emptyPlugin: _plugin, emptyGateway: _gateway, ...relayed } = own;
  const portkey = targets.filter(({ target }) => target.name === "portkey");
  return [direct, ...Object.values(relayed), ...portkey.map(({ target }) => target)];
}

function agentTarget({ targets }: RelayGateway): Target {
  return { ...targets.gateway, model: `openclaw/${agentIds.whole}` };
}

/** Sends each request once to learn the length of its answer. */
async function requestsTo(targets: readonly Target[]) {
  const requests = [];
  for (const target of targets) {
    const answer = await askOnce(target, kind);
    requests.push({
      target: target.name,
      title: target.title,
      request: requestOf(target, kind, Buffer.byteLength(answer)),
    });
  }
  return requests;
}
