/** `openclaw passthrough requests`. */
import { addCommand, type CommandResult, type Options, type Subcommand } from "../control/cli.ts";
import { parseDuration } from "../control/duration.ts";
import { UsageError } from "../control/usage-error.ts";
import type { RequestQuery } from "../telemetry/views.ts";
import type { Ask } from "./ask.ts";
import { describeRequests, noRequests, requestsHeader } from "./describe-requests.ts";
import type { ConsoleParts } from "./parts.ts";
import { name } from "../control/units.ts";

const followEveryMs = 1000;
const standardLimit = 50;
const maxLimit = 10_000;
/** Names and parts of names; the gateway refuses longer ones. */
const maxLength = 200;

export function createRequestsCommand({ ask, screen, every }: ConsoleParts): Subcommand {
  return (root, terminal) =>
    addCommand(
      root,
      {
        usage: "requests",
        text: "List finished requests, newest last: targets tried, tokens, cost and times",
        options: [
          { flags: "--key <name>", text: "only of this virtual key, or of (operator)" },
          { flags: "--model <part>", text: "only with this in the model's name" },
          {
            flags: "--status <status>",
            text: "only with this status: 502, 5xx, or upstream_failed",
          },
          { flags: "--slow <duration>", text: "only those that took this long (ms, s, m, h)" },
          {
            flags: "--limit <number>",
            text: `at most so many, the newest, up to ${maxLimit}`,
            standard: String(standardLimit),
          },
          { flags: "--follow", text: "go on with new ones, until Ctrl+C" },
        ],
        run(_operands, options) {
          const query = readQuery(options);
          return options["follow"] === true
            ? followed({ ask, screen, query, rounds: every(followEveryMs) })
            : listed(ask, screen, query);
        },
      },
      terminal,
    );
}

async function listed(
  ask: Ask,
  screen: ConsoleParts["screen"],
  query: RequestQuery,
): Promise<CommandResult> {
  const { value, json } = await ask.requests(query);
  const now = screen();
  const lines = describeRequests(value.requests, now);
  return {
    text: lines.length === 0 ? noRequests : [requestsHeader(now), ...lines].join("\n"),
    json,
  };
}

interface Followed {
  readonly ask: Ask;
  readonly screen: ConsoleParts["screen"];
  readonly query: RequestQuery;
  readonly rounds: AsyncIterable<number>;
}

/** The first failure ends the command; later ones are waited for, because the gateway may be starting again. */
async function* followed({ ask, screen, query, rounds }: Followed): AsyncGenerator<CommandResult> {
  let position: number | undefined;
  let isHeaded = false;
  for await (const _ of rounds) {
    const list = await newer(ask, query, position);
    if (list === undefined) {
      continue;
    }
    position = list.position;
    const now = screen();
    for (const view of list.requests) {
      const lines = describeRequests([view], now);
      yield {
        text: (isHeaded ? lines : [requestsHeader(now), ...lines]).join("\n"),
        json: view,
      };
      isHeaded = true;
    }
  }
}

/** @param position undefined for the first question. @returns undefined if the gateway does not answer a later one. */
async function newer(ask: Ask, query: RequestQuery, position: number | undefined) {
  if (position === undefined) {
    return (await ask.requests(query)).value;
  }
  try {
    const all = { ...query, limit: maxLimit };
    const { value } = await ask.requests({ ...all, after: position });
    // A relay that has started again counts from 0.
    return value.position < position ? (await ask.requests(all)).value : value;
  } catch {
    return undefined;
  }
}

/** @throws UsageError, which names the invalid option and says what is allowed. */
function readQuery(options: Options): RequestQuery {
  const written = (option: string) => {
    const value = options[option];
    return typeof value === "string" ? value : undefined;
  };
  const [key, model, status, slow, limit] = ["key", "model", "status", "slow", "limit"].map(
    written,
  );
  return {
    ...(key === undefined ? {} : { key: short("--key", key) }),
    ...(model === undefined ? {} : { model: short("--model", model) }),
    ...(status === undefined ? {} : { status: readStatus(status) }),
    ...(slow === undefined ? {} : { slowMs: parseDuration(slow) }),
    limit: limit === undefined ? standardLimit : readLimit(limit),
  };
}

function short(option: string, written: string): string {
  if (written.length > maxLength) {
    throw new UsageError(`${option} is too long: use at most ${maxLength} characters`);
  }
  return written;
}

function readStatus(written: string): string {
  const status = written.trim().toLowerCase();
  if (!/^(?:[1-5]\d\d|[1-5]xx|[a-z][a-z_]{1,62})$/.test(status)) {
    throw new UsageError(
      `"${name(written)}" is not a status: use an HTTP status, such as 502, a class, such as 5xx, or an outcome, such as upstream_failed`,
    );
  }
  return status;
}

function readLimit(written: string): number {
  const limit = /^\d{1,6}$/.test(written.trim()) ? Number(written) : 0;
  if (limit < 1 || limit > maxLimit) {
    throw new UsageError(`"${name(written)}" is not a number of requests: use 1 to ${maxLimit}`);
  }
  return limit;
}
