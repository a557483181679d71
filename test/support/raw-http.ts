/** Raw HTTP over a socket: sends arbitrary bytes and parses the answers. */
import { connect } from "node:net";

interface RawAnswer {
  readonly status: number;
  /** Names in lower case; repeated values are joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawExchange {
  /** The answers in order, without interim ones (1xx). */
  readonly answers: readonly RawAnswer[];
  /** All received bytes, as Latin-1. */
  readonly text: string;
  /** Whether the server closed the connection, before or after we closed our side. */
  readonly ended: boolean;
}

interface RawOptions {
  /** How long the server may be silent before we close our side; Node's server treats that as a disconnect. */
  readonly silenceMs?: number;
  /** The local address to connect from, such as `127.0.0.2`. */
  readonly from?: string;
}

/** How long a server may take to close a connection after we closed our side. */
const endMs = 5000;

/**
 * Opens a connection, writes the pieces and reads until the server closes it.
 * @throws Error if no connection can be made.
 */
export function exchange(
  port: number,
  pieces: readonly (string | Buffer)[],
  { silenceMs = 200, from = "127.0.0.1" }: RawOptions = {},
): Promise<RawExchange> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect({ port, host: "127.0.0.1", localAddress: from });
    let connected = false;
    const finish = (ended: boolean) => {
      socket.destroy();
      const text = Buffer.concat(parts).toString("latin1");
      resolve({ answers: answersOf(text), text, ended });
    };
    socket.setTimeout(silenceMs);
    socket.once("timeout", () => {
      socket.setTimeout(endMs, () => finish(false));
      socket.end();
    });
    socket.on("connect", () => {
      connected = true;
      for (const piece of pieces) {
        socket.write(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece);
      }
    });
    socket.on("data", (part) => parts.push(part));
    socket.on("end", () => finish(true));
    // A server that closes the connection while we write resets it.
    socket.on("error", (error) => (connected ? finish(true) : reject(error)));
  });
}

/** The head of a request; values are not escaped. */
export function head(line: string, ...fields: readonly string[]): string {
  return [line, "host: gateway", ...fields, "", ""].join("\r\n");
}

/** A complete POST request. */
export function post(path: string, body: string | Buffer, ...fields: readonly string[]): Buffer {
  const bytes = Buffer.from(body);
  const start = head(`POST ${path} HTTP/1.1`, `content-length: ${bytes.length}`, ...fields);
  return Buffer.concat([Buffer.from(start, "latin1"), bytes]);
}

function answersOf(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  for (;;) {
    const start = /^HTTP\/1\.1 (\d{3})[^\r\n]*\r\n/.exec(rest);
    const headEnd = rest.indexOf("\r\n\r\n");
    if (start === null || headEnd < 0) {
      return answers;
    }
    const headers: Record<string, string> = {};
    for (const line of rest.slice(start[0].length, headEnd).split("\r\n")) {
      const [, name = "", value = ""] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
      const known = headers[name.toLowerCase()];
      headers[name.toLowerCase()] = known === undefined ? value : `${known}, ${value}`;
    }
    const [body, end] = bodyOf(rest, headEnd + 4, headers);
    const status = Number(start[1]);
    if (status >= 200) {
      answers.push({ status, headers, body });
    }
    rest = rest.slice(end);
  }
}

/** The body according to its framing, and its end. */
function bodyOf(
  text: string,
  from: number,
  headers: Readonly<Record<string, string>>,
): [body: string, end: number] {
  if (headers["transfer-encoding"] === "chunked") {
    let body = "";
    let at = from;
    for (;;) {
      const lineEnd = text.indexOf("\r\n", at);
      const size = lineEnd < 0 ? 0 : Number.parseInt(text.slice(at, lineEnd), 16);
      if (!(size > 0)) {
        return [body, lineEnd < 0 ? text.length : lineEnd + 4];
      }
      body += text.slice(lineEnd + 2, lineEnd + 2 + size);
      at = lineEnd + 2 + size + 2;
    }
  }
  const length = headers["content-length"];
  const end = length === undefined ? from : from + Number(length);
  return [text.slice(from, end), end];
}
