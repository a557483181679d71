/**
 * Which room of src/ may import from which: one row per room, lowest first. A room may import only from the rooms in its
 * row, all of which come before it, so there are no cycles. `node scripts/rooms.ts` writes this table into the linter's
 * rules (`.oxlintrc.json`) and into docs/architecture.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { format } from "node:util";
import { replaceMarked } from "./marked.ts";

interface Room {
  /** What the room does, in a phrase. */
  readonly does: string;
  /** The rooms that it may import from. */
  readonly sees: readonly string[];
  /** Restricted packages and modules that this room may import. */
  readonly uses?: readonly ("openclaw" | "node:http")[];
}

/** Files directly in src/ are rooms too. `index`, `worker`, `relay` and `commands` compose everything, so they see all rooms. */
export const rooms: Readonly<Record<string, Room>> = {
  errors: {
    does: "the error class, its codes, and the table of their consequences",
    sees: [],
  },
  config: { does: "the TypeBox schema and the configuration that it describes", sees: [] },
  files: {
    does: "small JSON files: validated on read, replaced atomically, locked between processes",
    sees: [],
  },
  resilience: {
    does: "fallback, retry, backoff, circuit breaker, bulkhead, inactivity timer, bounded wait; knows neither HTTP nor models",
    sees: [],
  },
  text: {
    does: "text formats: JSON members, header fields, the reader of server-sent events",
    sees: ["errors"],
  },
  answer: {
    does: "the contract between the provider's and the client's end of an answer: sink, transforms, header filter",
    sees: ["errors", "text"],
  },
  telemetry: {
    does: "the trace of a request; typed events in, log lines and counters out",
    sees: ["errors", "answer"],
  },
  metrics: {
    does: "the metrics' definitions, and their text for Prometheus",
    sees: ["errors", "telemetry"],
  },
  protocols: {
    does: "the providers' wire protocols, one pure folder each",
    sees: ["errors", "answer", "text"],
  },
  tracing: {
    does: "spans of requests for an OpenTelemetry collector; the SDK is loaded only where one is configured",
    sees: ["errors", "config", "resilience", "telemetry"],
  },
  alerts: {
    does: "the conditions that need a person, and the webhook that tells one",
    sees: ["config", "resilience", "telemetry"],
  },
  prompts: { does: "an agent's system prompt in light mode", sees: ["errors", "config"] },
  access: {
    does: "authentication and authorization: scopes, virtual keys and their grants, failed logins",
    sees: ["errors", "config", "files", "text"],
  },
  routing: {
    does: "which agent or model a request names, and which models to try in which order",
    sees: ["errors", "access", "config", "protocols", "text"],
  },
  quota: {
    does: "limits, budgets, usage, and the file that stores usage",
    sees: ["errors", "access", "answer", "files", "routing"],
  },
  sessions: {
    does: "session keys, conversations in memory, one turn at a time per session",
    sees: ["errors", "answer", "config", "protocols", "text"],
  },
  upstream: {
    does: "forwards to providers: fallback, retry, credentials, breaker, bulkhead, attempts and their classification",
    sees: [
      "errors",
      "answer",
      "config",
      "protocols",
      "quota",
      "resilience",
      "routing",
      "telemetry",
      "text",
    ],
  },
  agent: {
    does: "agent runs from request to answer, and the host sessions that they use",
    sees: [
      "errors",
      "access",
      "answer",
      "config",
      "protocols",
      "quota",
      "routing",
      "sessions",
      "telemetry",
      "text",
    ],
  },
  modes: {
    does: "one file per mode; `selectMode` is the only place that compares modes",
    sees: [
      "errors",
      "access",
      "agent",
      "answer",
      "config",
      "prompts",
      "protocols",
      "routing",
      "sessions",
      "text",
      "upstream",
    ],
  },
  http: {
    does: "request bodies, the client's connection, replies, and what all routes share",
    sees: ["errors", "answer", "protocols", "telemetry", "text"],
    uses: ["node:http"],
  },
  endpoints: {
    does: "one file per path",
    sees: [
      "errors",
      "access",
      "agent",
      "config",
      "http",
      "metrics",
      "modes",
      "protocols",
      "quota",
      "routing",
      "telemetry",
      "text",
      "upstream",
    ],
  },
  listener: {
    does: "the relay's own listener: address, TLS, bounds on connections, strict HTTP, draining",
    sees: ["errors", "access", "config", "http", "protocols", "telemetry"],
    uses: ["node:http"],
  },
  control: {
    does: "for operators: the command line, keys, status, periodic jobs, and what a problem is",
    sees: ["access", "alerts", "config", "metrics", "quota", "sessions", "telemetry", "upstream"],
  },
  doctor: {
    does: "finds what is wrong before a caller does: facts in, problems out; the watch and the command",
    sees: [
      "errors",
      "access",
      "agent",
      "answer",
      "config",
      "control",
      "modes",
      "prompts",
      "protocols",
      "quota",
      "resilience",
      "routing",
      "telemetry",
      "upstream",
    ],
  },
  setup: {
    does: "`init`: questions, the change of the config as a difference, a first key, a line to try it",
    sees: ["config", "control", "text"],
  },
  console: {
    does: "the commands that show what the running gateway counts: status, requests, traces, targets, keys, sessions",
    sees: ["errors", "control", "telemetry"],
  },
  prune: {
    does: "removes one-shot sessions on disk: rules, batches, command, schedule",
    sees: ["control", "telemetry"],
  },
  plane: {
    does: "the two threads: the data plane's entry, the ports between the threads, requests that the gateway hands over",
    sees: [
      "errors",
      "access",
      "agent",
      "answer",
      "config",
      "control",
      "doctor",
      "http",
      "prompts",
      "protocols",
      "resilience",
      "routing",
      "telemetry",
      "text",
      "tracing",
      "upstream",
    ],
  },
  page: {
    does: "the page in the Control UI: its route, its updates, and what runs in the browser",
    sees: ["access", "control", "plane", "telemetry"],
    uses: ["node:http"],
  },
  host: {
    does: "the adapter to OpenClaw: implements the ports that the other rooms declare",
    sees: [
      "errors",
      "access",
      "agent",
      "answer",
      "config",
      "control",
      "doctor",
      "plane",
      "protocols",
      "prune",
      "routing",
      "setup",
      "telemetry",
      "text",
      "upstream",
    ],
    uses: ["openclaw"],
  },
};

const folders = Object.keys(rooms).filter((room) => room !== "errors");

/** The linter's override for each room: it forbids imports from rooms that are not in its row. */
export function lintOverrides(): object[] {
  return Object.entries(rooms)
    .filter(([room]) => room !== "errors")
    .map(([room, { sees, uses = [] }]) => {
      const forbidden = folders.filter((other) => other !== room && !sees.includes(other));
      const files = ["commands", "errors", "index", "relay", "worker"].filter(
        (file) => !sees.includes(file),
      );
      const patterns = [
        {
          group: [
            ...forbidden.map((other) => `**/${other}/**`),
            ...files.map((file) => `../**/${file}.ts`),
          ],
          message: format("src/%s may not import this; scripts/rooms.ts says who sees whom.", room),
        },
        ...(uses.includes("openclaw")
          ? []
          : [
              {
                group: ["openclaw", "openclaw/**"],
                message: "Only src/host, src/index.ts and src/commands.ts know the host.",
              },
            ]),
      ];
      const paths = uses.includes("node:http")
        ? []
        : [{ name: "node:http", message: "Only src/http and src/plane know node:http." }];
      return {
        files: [`src/${room}/**`],
        rules: { "no-restricted-imports": ["error", { patterns, paths }] },
      };
    });
}

export const lintFile = new URL("../.oxlintrc.json", import.meta.url);
export const architectureFile = new URL("../docs/architecture.md", import.meta.url);

/** @param text the linter's configuration. @returns it with its rules for src/ replaced by those of this table. */
export function lintConfig(text: string): object {
  const config = JSON.parse(text) as { overrides: { files: string[] }[] };
  const others = config.overrides.filter(({ files }) => !files[0]?.startsWith("src/"));
  return { ...config, overrides: [...lintOverrides(), ...others] };
}

/** The table for docs/architecture.md, in Markdown. */
export function roomTable(): string {
  const rows = Object.entries(rooms).map(([room, { does, sees }]) => {
    const place = room === "errors" ? "`src/errors.ts`" : `\`src/${room}/\``;
    return `| ${place} | ${does} | ${sees.join(", ") || "nothing"} |`;
  });
  return ["| Room | What it does | Sees |", "| --- | --- | --- |", ...rows].join("\n");
}

/** The rooms that a room sees and that no longer way leads to: the transitive reduction of the table. */
function directlySeen(room: string): readonly string[] {
  const sees = rooms[room]?.sees ?? [];
  return sees.filter((other) => !sees.some((between) => reaches(between, other)));
}

function reaches(from: string, to: string): boolean {
  const sees = rooms[from]?.sees ?? [];
  return sees.includes(to) || sees.some((between) => reaches(between, to));
}

/** The drawing of docs/architecture.md, in Mermaid. */
export function roomDrawing(): string {
  const arrows = Object.keys(rooms)
    .toReversed()
    .flatMap((room) => directlySeen(room).map((other) => `  ${room} --> ${other}`));
  return ["```mermaid", "flowchart TD", ...arrows, "```"].join("\n");
}

/** The page with the drawing and the table between their marks. */
export function withRooms(page: string): string {
  const withDrawing = replaceMarked(page, "drawing", roomDrawing());
  return replaceMarked(withDrawing, "rooms", roomTable());
}

if (import.meta.main) {
  const config = lintConfig(readFileSync(lintFile, "utf8"));
  writeFileSync(lintFile, `${JSON.stringify(config, null, 2)}\n`);
  writeFileSync(architectureFile, withRooms(readFileSync(architectureFile, "utf8")));
}
