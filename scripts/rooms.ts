/**
 * Who may look into what: one row a room of src/, from the ground up. A room sees only rooms of its row, so no cycle can
 * arise. The linter's rules (`.oxlintrc.json`) are made from this table, and docs/architecture.md shows it.
 * `node scripts/rooms.ts` writes both.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { format } from "node:util";

interface Room {
  /** What it does, in a phrase. */
  readonly does: string;
  /** Rooms that it may import from. */
  readonly sees: readonly string[];
  /** Packages and modules that only the rooms which name them may import. */
  readonly uses?: readonly ("openclaw" | "node:http")[];
}

/** Files directly in src/ are rooms of their own; `index`, `relay` and `commands` put everything together and see all. */
export const rooms: Readonly<Record<string, Room>> = {
  errors: { does: "one error class, closed codes, one table of their consequences", sees: [] },
  config: { does: "the TypeBox schema, and the configuration made from it", sees: [] },
  files: { does: "small JSON files of ours: checked, replaced as a whole, locked", sees: [] },
  resilience: {
    does: "fallback, retry, backoff, circuit breaker, bulkhead, inactivity timer; knows neither HTTP nor models",
    sees: [],
  },
  text: {
    does: "bytes without business: JSON members, header fields, the one reader of server-sent events",
    sees: ["errors"],
  },
  telemetry: {
    does: "the trace of a request; events in, log lines and counters out",
    sees: ["errors"],
  },
  answer: {
    does: "the contract between a provider's end and a client's end: sink, transforms, which headers cross",
    sees: ["errors", "text"],
  },
  protocols: {
    does: "what the relay knows of a wire: one pure folder a protocol",
    sees: ["errors", "answer", "text"],
  },
  prompts: { does: "an agent's system prompt in light mode", sees: ["errors", "config"] },
  access: {
    does: "who may: scopes, virtual keys and what each allows, failed logins",
    sees: ["errors", "config", "files", "text"],
  },
  routing: {
    does: "what a request names, which agent serves, and which models to try",
    sees: ["errors", "access", "config", "text"],
  },
  quota: {
    does: "how much: limits, budgets, what was used, and its file",
    sees: ["errors", "access", "answer", "files", "routing"],
  },
  sessions: {
    does: "whose conversation: session keys, conversations in memory, one turn at a time",
    sees: ["errors", "answer", "config", "protocols", "text"],
  },
  upstream: {
    does: "forwards to providers: fallback, retry, credentials, breaker, bulkhead, one attempt and what its answer means",
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
    does: "a run of an agent, from its request to its answer, and the host sessions that it uses",
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
    does: "one file a mode; `selectMode` is the only place that compares modes",
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
    does: "bodies, the client's connection, replies, what all routes share",
    sees: ["errors", "answer", "protocols", "telemetry", "text"],
    uses: ["node:http"],
  },
  endpoints: {
    does: "one file a path",
    sees: [
      "errors",
      "access",
      "agent",
      "config",
      "http",
      "modes",
      "protocols",
      "quota",
      "routing",
      "telemetry",
      "upstream",
    ],
  },
  control: {
    does: "the operator's side: commands, status, problems, upkeep",
    sees: ["access", "agent", "config", "quota", "routing", "sessions", "telemetry", "upstream"],
  },
  prune: {
    does: "which sessions on disk may go: rules, batches, command, schedule",
    sees: ["control", "telemetry"],
  },
  host: {
    does: "OpenClaw only: implements the ports that the other rooms state",
    sees: [
      "errors",
      "access",
      "agent",
      "answer",
      "config",
      "control",
      "prompts",
      "protocols",
      "prune",
      "routing",
      "text",
      "upstream",
    ],
    uses: ["openclaw"],
  },
};

const folders = Object.keys(rooms).filter((room) => room !== "errors");

/** A rule of the linter for each room: whatever is not in its row is forbidden. */
export function lintOverrides(): object[] {
  return Object.entries(rooms)
    .filter(([room]) => room !== "errors")
    .map(([room, { sees, uses = [] }]) => {
      const forbidden = folders.filter((other) => other !== room && !sees.includes(other));
      const files = ["commands", "errors", "index", "relay"].filter((file) => !sees.includes(file));
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
        : [{ name: "node:http", message: "Only src/http knows node:http." }];
      return {
        files: [`src/${room}/**`],
        rules: { "no-restricted-imports": ["error", { patterns, paths }] },
      };
    });
}

export const lintFile = new URL("../.oxlintrc.json", import.meta.url);
export const architectureFile = new URL("../docs/architecture.md", import.meta.url);

/** The linter's configuration with the rules of this table in the place of those that it has. */
export function lintConfig(text: string): object {
  const config = JSON.parse(text) as { overrides: { files: string[] }[] };
  const others = config.overrides.filter(({ files }) => !files[0]?.startsWith("src/"));
  return { ...config, overrides: [...lintOverrides(), ...others] };
}

/** The table of docs/architecture.md. */
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

function replaceMarked(page: string, name: string, made: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before = "", rest = ""] = page.split(start, 2);
  return [before, start, "\n\n", made, "\n\n", end, rest.split(end, 2)[1]].join("");
}

if (import.meta.main) {
  const config = lintConfig(readFileSync(lintFile, "utf8"));
  writeFileSync(lintFile, `${JSON.stringify(config, null, 2)}\n`);
  writeFileSync(architectureFile, withRooms(readFileSync(architectureFile, "utf8")));
}
