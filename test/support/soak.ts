/**
 * Many requests through a real gateway, a third of them aborted and a third failing, and the resources left afterwards.
 */
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Status } from "../../src/control/status.ts";
import { until } from "./client.ts";
import { type Gateway, gatewayToken } from "./gateway.ts";
import { inspect } from "./inspector.ts";
import { runHost } from "./install.ts";
import {
  type Behaviour,
  half,
  json,
  ordinaryEvents,
  type Provider,
  raw,
  reset,
  stream,
} from "./provider.ts";

export interface SoakOptions {
  readonly gateway: Gateway;
  readonly provider: Provider;
  readonly requests: number;
  readonly concurrency: number;
  /** Called after each quarter of the requests. */
  readonly onQuarter?: (sample: MemorySample) => void;
}

interface MemorySample {
  readonly requests: number;
  readonly heapUsedBytes: number;
  readonly rssBytes: number;
}

export interface SoakReport {
  /** After each quarter. */
  readonly samples: readonly MemorySample[];
  /** How the requests ended for their client: `aborted`, or a status. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Requests whose client received the head of an answer. */
  readonly answered: number;
  /** The relay's status at the end. */
  readonly status: Status;
  /** Connections to the provider that are still open after the idle timeout. */
  readonly openSockets: number;
}

/** Circuits open and close quickly, so failures keep reaching the provider. */
export const soakConfig = {
  plugins: {
    entries: {
      passthrough: { config: { upstream: { breaker: { failures: 10, resetMs: 50 } } } },
    },
  },
};

/** Some aborts happen at a random moment, including during the gateway's authentication. */
const maxAbortMs = 300;

/** When the client of every third request disconnects, in turn: at any moment, at the answer's head, at its first bytes. */
const moments = ["any", "head", "body"] as const;

/** The behaviour of the first target, by the name in the request; the second target always succeeds. */
const plays: Readonly<Record<string, Behaviour>> = {
  busy: json({ error: { message: "busy" } }, 503),
  limited: json({ error: { message: "slow down" } }, 429, { "retry-after": "60" }),
  refused: json({ error: { message: "no" } }, 422),
  page: raw("<html>", 200, { "content-type": "text/html" }),
  cut: stream({ pieces: ordinaryEvents().slice(0, 3), ending: "cut" }),
  reset,
  half,
};
const failing = Object.keys(plays);

/** Runs the requests and waits until none is in flight. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { gateway, provider, requests, concurrency } = options;
  const inspector = await inspect(gateway);
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const outcomes: Record<string, number> = {};
  const samples: MemorySample[] = [];
  let started = 0;
  let answered = 0;
  const onAnswer = () => {
    answered += 1;
  };

  provider.behave("m1", async (exchange) => {
    const { play } = exchange.request.json as { play?: string };
    const behaviour = plays[play ?? ""];
    if (behaviour !== undefined) {
      await behaviour(exchange);
    } else if (exchange.request.json.stream === true) {
      await stream({ gapMs: 15 })(exchange);
    } else {
      await sleep(50);
      await json({ id: "x" })(exchange);
    }
    provider.forget();
  });

  for (let quarter = 1; quarter <= 4; quarter += 1) {
    const end = Math.round((requests * quarter) / 4);
    const callers = Array.from({ length: concurrency }, async () => {
      while (started < end) {
        const at = started;
        started += 1;
        const outcome = await send({ gateway, agent, at, onAnswer });
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    });
    await Promise.all(callers);
    const sample = {
      requests: end,
      heapUsedBytes: await inspector.heapUsedBytes(),
      rssBytes: await residentBytes(gateway.pid),
    };
    samples.push(sample);
    options.onQuarter?.(sample);
  }
  agent.destroy();
  inspector.close();

  // The next request probes a circuit that is still open, and closes it.
  let status = await relayStatus(gateway);
  const closer = new Agent();
  for (const deadlineMs = Date.now() + 30_000; status.upstream.openCircuits.length > 0;) {
    if (Date.now() > deadlineMs) {
      break;
    }
    await sleep(1000);
    await send({ gateway, agent: closer, at: 0, onAnswer });
    status = await relayStatus(gateway);
  }
  closer.destroy();
  await until(() => provider.openSockets === 0, 45_000).catch(() => undefined);
  return {
    samples,
    outcomes,
    answered,
    status: await relayStatus(gateway),
    openSockets: provider.openSockets,
  };
}

interface SoakRequest {
  readonly gateway: Gateway;
  readonly agent: Agent;
  /** The number of the request. */
  readonly at: number;
  /** Called when the head of an answer arrives. */
  readonly onAnswer: () => void;
}

/** One request: successful, failing or aborted in turn; every other one is a stream. */
function send({ gateway, agent, at, onAnswer }: SoakRequest): Promise<string> {
  const play = at % 3 === 1 ? failing[Math.floor(at / 3) % failing.length] : undefined;
  const body = JSON.stringify({
    model: "openclaw",
    messages: [{ role: "user", content: "x".repeat(1000) }],
    stream: at % 2 === 0,
    play,
  });
  const leaves = at % 3 === 2 ? moments[Math.floor(at / 3) % moments.length] : undefined;
  return new Promise((resolve) => {
    let aborted = false;
    const abort = () => {
      aborted = true;
      outgoing.destroy();
    };
    const outgoing = request(
      `${gateway.url}/v1/chat/completions`,
      { agent, method: "POST", headers: { authorization: `Bearer ${gatewayToken}` } },
      (answer) => {
        onAnswer();
        answer.once("close", () => resolve(aborted ? "aborted" : String(answer.statusCode)));
        if (leaves === "head") {
          abort();
        } else if (leaves === "body") {
          answer.once("data", abort);
        }
        answer.resume();
      },
    );
    outgoing.once("error", () => resolve(aborted ? "aborted" : "broken"));
    outgoing.end(body);
    if (leaves === "any") {
      setTimeout(abort, Math.random() * maxAbortMs);
    }
  });
}

async function relayStatus(gateway: Gateway): Promise<Status> {
  const args = ["gateway", "call", "passthrough.status", "--json"];
  return JSON.parse(await runHost(gateway.folder, args));
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
