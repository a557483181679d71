/** The relay's own listener: follows the settings, and survives what is wrong with them. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ListenSettings } from "../config/schema.ts";
import type { Logger } from "../telemetry/log.ts";
import { bindFailure } from "./bind-failure.ts";
import { type BoundedServer, createBoundedServer, type ServingOptions } from "./bounded-server.ts";
import { readCertificate, versionOf } from "./certificate.ts";

export interface ListenerOptions extends Omit<ServingOptions, "onRefused"> {
  /** The current settings; undefined switches the listener off. */
  readonly settings: () => ListenSettings | undefined;
  readonly logger: Logger;
  /** How often a failed bind is tried again, and the files of the certificate are looked at. */
  readonly checkMs?: number;
}

export interface Listener {
  /** Begins to listen. What keeps it from that is a `problem`. Never rejects. */
  start(): Promise<void>;
  /** Applies changed settings. Open streams continue. Never rejects. */
  update(): Promise<void>;
  /** What is wrong and what to do, as sentences; undefined if nothing is. */
  problem(): string | undefined;
  /** Such as `http://127.0.0.1:18790`; undefined if it does not listen. */
  url(): string | undefined;
  /** Open connections, also those that end after a change of the address. */
  connections(): number;
  /** Stops listening, and resolves when all connections have ended; after `graceMs` they are cut. */
  stop(graceMs: number): Promise<void>;
}

/** A server that listens, and the settings that it has. */
interface Active {
  readonly server: BoundedServer;
  settings: ListenSettings;
  /** The version of the certificate's files that was last read. */
  certificateVersion: string | undefined;
}

const usualCheckMs = 3000;
/** How often the log says that connections are refused. */
const refusalLogMs = 60_000;

export function createListener(options: ListenerOptions): Listener {
  const { settings, logger, checkMs = usualCheckMs } = options;
  let active: Active | undefined;
  /** Why the wanted address is not in use, and why the newest certificate is not. */
  const problems: { address?: string | undefined; certificate?: string | undefined } = {};
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let lastRefusalAtMs = -Infinity;
  const draining = new Map<BoundedServer, Promise<void>>();

  const setProblem = (of: keyof typeof problems, problem?: string) => {
    if (problem !== undefined && problem !== problems[of]) {
      logger.warn(`passthrough: the listener has a problem: ${problem}`);
    }
    problems[of] = problem;
  };
  const onRefused = () => {
    const nowMs = performance.now();
    if (nowMs - lastRefusalAtMs >= refusalLogMs) {
      lastRefusalAtMs = nowMs;
      logger.warn(
        "passthrough: the listener closes further connections: listen.maxConnections, listen.maxConnectionsPerAddress or the system's limit is reached",
      );
    }
  };
  const retire = () => {
    if (active !== undefined) {
      const { server } = active;
      const ended = server.drain().then(() => void draining.delete(server));
      draining.set(server, ended);
      active = undefined;
    }
  };

  /** Binds the wanted address, then lets go of the one before. */
  const rebind = async (wanted: ListenSettings) => {
    const certificateVersion = wanted.tls && (await versionOf(wanted.tls));
    const read = wanted.tls && (await readCertificate(wanted.tls));
    if (read?.kind === "invalid") {
      setProblem("address", read.problem);
      return;
    }
    const listen = async () => {
      const serving = { ...options, onRefused };
      const server = createBoundedServer(wanted, read?.certificate, serving);
      await server.listen();
      return server;
    };
    try {
      const server = await listen().catch((error: unknown) => {
        // Only the server before can be in the way, if the address is new and the port is not.
        if (active === undefined || active.settings.port !== wanted.port || !isInUse(error)) {
          throw error;
        }
        retire();
        return listen();
      });
      retire();
      active = { server, settings: wanted, certificateVersion };
      setProblem("address");
      setProblem("certificate");
      logger.info(`passthrough: listening on ${urlOf(active)} for virtual keys`);
    } catch (error) {
      setProblem("address", bindFailure(error, wanted));
    }
  };

  /** Reads the certificate again if its files have changed. A broken one leaves the one before in use. */
  const refreshCertificate = async (current: Active) => {
    const { tls } = current.settings;
    const version = tls && (await versionOf(tls));
    if (tls === undefined || version === current.certificateVersion) {
      return;
    }
    current.certificateVersion = version;
    const read = await readCertificate(tls);
    if (read.kind === "valid") {
      current.server.setCertificate(read.certificate);
      logger.info("passthrough: the listener has read its certificate again");
    }
    setProblem(
      "certificate",
      read.kind === "valid" ? undefined : `${read.problem} The one before stays in use.`,
    );
  };

  const apply = async () => {
    const wanted = isStopped ? undefined : settings();
    if (wanted === undefined) {
      retire();
      setProblem("address");
      setProblem("certificate");
    } else if (active !== undefined && isSamePlace(active.settings, wanted)) {
      setProblem("address");
      active.settings = wanted;
      active.server.setBounds(wanted);
      await refreshCertificate(active);
    } else {
      await rebind(wanted);
    }
  };

  let queue = Promise.resolve();
  const enqueue = (): Promise<void> => {
    queue = queue.then(apply);
    return queue;
  };

  return {
    start() {
      timer ??= setInterval(() => void enqueue(), checkMs).unref();
      return enqueue();
    },
    update: enqueue,
    problem: () => problems.address ?? problems.certificate,
    url: () => active && urlOf(active),
    connections: () =>
      [...draining.keys()].reduce(
        (sum, server) => sum + server.connections,
        active?.server.connections ?? 0,
      ),
    async stop(graceMs) {
      isStopped = true;
      clearInterval(timer);
      await enqueue();
      const ended = Promise.all(draining.values());
      const grace = new AbortController();
      await Promise.race([
        ended,
        sleep(graceMs, undefined, { signal: grace.signal }).catch(() => undefined),
      ]);
      grace.abort();
      for (const server of draining.keys()) {
        server.destroy();
      }
      await ended;
    },
  };
}

/** Whether new settings need no other server. */
function isSamePlace(current: ListenSettings, wanted: ListenSettings): boolean {
  return (
    current.host === wanted.host &&
    current.port === wanted.port &&
    (current.tls === undefined) === (wanted.tls === undefined)
  );
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

function urlOf({ server, settings: { host, tls } }: Active): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${tls === undefined ? "http" : "https"}://${name}:${server.port}`;
}
