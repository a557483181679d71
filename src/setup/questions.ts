/** The questions that `init` asks at a terminal, for what no option says. */
import { UsageError } from "../control/usage-error.ts";
import {
  type Choices,
  readAgentChoices,
  readKeyName,
  readListen,
  readMode,
  standardListen,
  uses,
} from "./choices.ts";

/** Asks one question. @returns the answer without spaces around it; empty for Enter. @throws Error if the terminal is closed. */
export type Ask = (question: string) => Promise<string>;

export interface Given {
  readonly mode: string | undefined;
  readonly agents: readonly string[] | undefined;
  readonly listen: string | undefined;
  readonly keyName: string;
}

export interface Known {
  readonly agentIds: readonly string[];
  readonly gatewayPort: number;
}

/**
 * @param ask undefined if nobody can be asked.
 * @throws UsageError for an option that is missing or invalid, Error for an unknown agent.
 */
export async function choose(given: Given, known: Known, ask: Ask | undefined): Promise<Choices> {
  const keyName = readKeyName(given.keyName);
  const mode =
    given.mode === undefined
      ? await answered(ask, { question: whatFor, read: readUse, option: "--mode" })
      : readMode(given.mode);
  const readAgents = (written: readonly string[]) =>
    readAgentChoices(written, mode, known.agentIds);
  const agents =
    given.agents !== undefined || ask === undefined || known.agentIds.length < 2
      ? readAgents(given.agents ?? [])
      : await answered(ask, {
          question: whichAgents(known.agentIds, mode === "agent"),
          read: (answer) => readAgents([answer]),
          option: "--agent",
        });
  const listen =
    given.listen !== undefined || ask === undefined
      ? readListen(given.listen ?? "none", known.gatewayPort)
      : await answered(ask, {
          question: whichAddress,
          read: (answer) =>
            answer === "" ? standardListen : readListen(answer, known.gatewayPort),
          option: "--listen",
        });
  return { mode, agents, listen, keyName };
}

const whatFor = [
  "What is the relay for?",
  ...uses.map(({ name, says }, at) => `  ${at + 1}  ${name.padEnd(6)} ${says}`),
  `1 to ${uses.length} [1]: `,
].join("\n");

function whichAgents(ids: readonly string[], mayDiffer: boolean): string {
  const example = mayDiffer ? `, such as ${ids[0]}=agent ${ids[1]}=light` : "";
  return `Which agents may callers use? ${ids.join(", ")}\nIds${example}, or Enter for all: `;
}

const whichAddress =
  "Where shall the relay listen for callers with a key?\n" +
  `host:port, none for the gateway's own port only, or Enter for ${standardListen.host}:${standardListen.port}: `;

function readUse(answer: string) {
  const use = uses.find(
    ({ name, mode }, at) =>
      [String(at + 1), name, mode].includes(answer.toLowerCase()) || (answer === "" && at === 0),
  );
  if (use === undefined) {
    throw new UsageError(`"${answer}" is none of them: answer 1 to ${uses.length}`);
  }
  return use.mode;
}

interface Question<T> {
  readonly question: string;
  /** @throws Error, which says what is allowed: the question is then asked again. */
  readonly read: (answer: string) => T;
  /** The option that answers it, for when nobody can be asked. */
  readonly option: string;
}

/** So that a script that is taken for a person does not ask for ever. */
const maxTries = 5;

async function answered<T>(ask: Ask | undefined, of: Question<T>): Promise<T> {
  if (ask === undefined) {
    throw new UsageError(`with --yes nothing is asked: give ${of.option}`);
  }
  let flaw = "";
  for (let tries = 0; tries < maxTries; tries += 1) {
    try {
      return of.read(await ask(flaw + of.question));
    } catch (error) {
      if (!(error instanceof Error) || error instanceof ClosedError) {
        throw error;
      }
      flaw = `${error.message}.\n\n`;
    }
  }
  throw new UsageError(
    `no valid answer in ${maxTries} tries; ${of.option} answers the question, too`,
  );
}

/** The terminal was closed while a question was open. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";
}
