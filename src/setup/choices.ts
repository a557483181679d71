/** What an operator chooses for `init`, as options or answers. Pure. */
import { isIP } from "node:net";
import { keyNamePattern, modeNames, type RelayConfig } from "../config/schema.ts";
import { UsageError } from "../control/usage-error.ts";

type ModeName = RelayConfig["mode"];

export interface Choices {
  readonly mode: ModeName;
  /** The chosen agents, each with its mode if that is another one; undefined for all agents. */
  readonly agents: readonly ChosenAgent[] | undefined;
  /** Where the relay's own listener listens; undefined to leave it as it is. */
  readonly listen: ListenAddress | undefined;
  /** The name of the first key. */
  readonly keyName: string;
}

export interface ChosenAgent {
  readonly id: string;
  readonly mode: ModeName;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** The three uses that `init` asks for, and the mode that each needs. */
export const uses = [
  { name: "relay", mode: "passthrough", says: "requests go to the model unchanged" },
  { name: "voice", mode: "light", says: "the agent's personality, without its tools: fast" },
  { name: "mixed", mode: "agent", says: "whole agents; each agent may have a mode of its own" },
] as const satisfies readonly { name: string; mode: ModeName; says: string }[];

export const standardListen: ListenAddress = { host: "127.0.0.1", port: 18_790 };

/** @throws UsageError. */
export function readMode(written: string): ModeName {
  const mode = modeNames.find((known) => known === written.trim());
  if (mode === undefined) {
    throw new UsageError(`"${written}" is not a mode: use ${modeNames.toReversed().join(", ")}`);
  }
  return mode;
}

/**
 * @param written each an agent's id, or `id=mode`; empty for all agents.
 * @param mode of agents that are written without one.
 * @throws UsageError for an unknown mode, Error for an unknown agent.
 */
export function readAgentChoices(
  written: readonly string[],
  mode: ModeName,
  known: readonly string[],
): readonly ChosenAgent[] | undefined {
  const words = written.flatMap((part) => part.split(/[\s,]+/)).filter(Boolean);
  const chosen = new Map<string, ModeName>();
  for (const word of words) {
    const [name = "", ownMode] = word.split("=", 2);
    const id = name.toLowerCase();
    if (!known.includes(id)) {
      throw new Error(`there is no agent "${name}"; agents: ${known.join(", ")}`);
    }
    chosen.set(id, ownMode === undefined ? mode : readMode(ownMode));
  }
  return chosen.size === 0
    ? undefined
    : [...chosen].map(([id, modeOfAgent]) => ({ id, mode: modeOfAgent }));
}

/**
 * @param written `host:port`, `[address]:port`, a port on 127.0.0.1, or `none`.
 * @param gatewayPort the gateway's own port, which is taken.
 * @throws UsageError.
 */
export function readListen(written: string, gatewayPort: number): ListenAddress | undefined {
  const text = written.trim();
  if (text === "none") {
    return undefined;
  }
  const [, bracketed, name, digits = ""] =
    /^(?:(?:\[([^\]]+)\]|([^:\s]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? name ?? standardListen.host;
  const port = Number(digits);
  if (digits === "" || port < 1 || port > 65_535 || (bracketed !== undefined && !isIP(bracketed))) {
    throw new UsageError(
      `"${written}" is not an address to listen on: use host:port such as 127.0.0.1:18790, or none`,
    );
  }
  if (port === gatewayPort) {
    throw new UsageError(`port ${port} is the gateway's own: choose another one, such as 18790`);
  }
  return { host, port };
}

/** @throws UsageError. */
export function readKeyName(written: string): string {
  if (!new RegExp(keyNamePattern).test(written)) {
    throw new UsageError(
      `"${written}" is not a valid key name: use 1 to 64 letters, digits, "-" and "_", beginning with a letter or a digit`,
    );
  }
  return written;
}
