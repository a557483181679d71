/**
 * A scripted provider that speaks the OpenAI protocol over real HTTP. A test sets the behaviour for a model id; without
 * one, the provider answers successfully.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { certificate, certificateKey } from "./certificate.ts";
import { socketsRead } from "./sockets.ts";

/** A request to the provider, and whether it was aborted. */
interface ProviderRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The parsed body. */
  readonly json: {
    readonly model?: string;
    readonly stream?: boolean;
    readonly stream_options?: { readonly include_usage?: boolean };
  };
  readonly arrivedAtMs: number;
  /** When the caller closed its connection before the answer was complete. */
  abortedAtMs: number | undefined;
}

/** How a request is answered. */
export type Behaviour = (exchange: Exchange) => void | Promise<void>;

interface Exchange {
  readonly request: ProviderRequest;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

export interface Provider {
  /** The base URL for the host's config, including `/v1`. */
  readonly baseUrl: string;
  /** Requests so far, oldest first, except those forgotten. */
  readonly requests: readonly ProviderRequest[];
  /** The number of open connections. */
  readonly openSockets: number;
  /** Sets how requests for this model are answered from now on. */
  behave(model: string, behaviour: Behaviour): void;
  /** Forgets the requests so far, so a long run does not keep them all. */
  forget(): void;
  /** Removes all behaviours and forgets all requests. */
  reset(): void;
  close(): Promise<void>;
}

export interface ProviderOptions {
  /** Serves over TLS with the certificate for `provider.test`, and offers HTTP/2, which it does not support. */
  readonly tls?: boolean;
}

/** Starts a provider on a free port of the loopback interface. */
export async function startProvider(options: ProviderOptions = {}): Promise<Provider> {
  const behaviours = new Map<string, Behaviour>();
  const requests: ProviderRequest[] = [];
  const sockets = new Set<Socket>();

  const serve = (incoming: IncomingMessage, response: ServerResponse) => {
    void receive(incoming).then((request) => {
      requests.push(request);
      response.once("close", () => {
        if (!response.writableFinished) {
          request.abortedAtMs = performance.now();
        }
      });
      const behaviour = behaviours.get(modelOf(request)) ?? answerWell;
      return behaviour({ request, response, socket: incoming.socket });
    });
  };
  const server =
    options.tls === true
      ? createTlsServer(
          { cert: certificate, key: certificateKey, ALPNProtocols: ["h2", "http/1.1"] },
          serve,
        )
      : createServer(serve);
  server.keepAliveTimeout = 10_000;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    baseUrl: `${options.tls === true ? "https" : "http"}://127.0.0.1:${port}/v1`,
    requests,
    get openSockets() {
      return sockets.size;
    },
    behave: (model, behaviour) => {
      behaviours.set(model, behaviour);
    },
    forget() {
      requests.length = 0;
    },
    reset() {
      behaviours.clear();
      requests.length = 0;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}

/** Google's protocol has the model in the path: `/models/{id}:streamGenerateContent`. */
function modelOf({ json: { model }, path }: ProviderRequest): string {
  return model ?? decodeURIComponent(/\/models\/([^/:?]+):/.exec(path)?.[1] ?? "");
}

async function receive(incoming: IncomingMessage): Promise<ProviderRequest> {
  const chunks: Buffer[] = [];
  for await (const part of incoming) {
    chunks.push(part as Buffer);
  }
  const body = Buffer.concat(chunks);
  let parsed = {};
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch {
    // Tests that send something else read `body`.
  }
  return {
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    headers: incoming.headers,
    body,
    json: parsed,
    arrivedAtMs: performance.now(),
    abortedAtMs: undefined,
  };
}

/** The default answer: a completion, as JSON or a stream, or embeddings. */
const answerWell: Behaviour = (exchange) => {
  const { request } = exchange;
  if (request.path.endsWith("/embeddings")) {
    return json({
      object: "list",
      data: [{ object: "embedding", index: 0, embedding: [0.25, -0.5] }],
      model: request.json.model,
      usage: { prompt_tokens: 1, total_tokens: 1 },
    })(exchange);
  }
  if (request.json.stream !== true) {
    return json(completion(request))(exchange);
  }
  const pieces = ordinaryEvents();
  if (request.json.stream_options?.include_usage === true) {
    const { usage } = completion(request);
    pieces.splice(-1, 0, event({ ...chunk({}), choices: [], usage }));
  }
  return stream({ pieces })(exchange);
};

/** A completion as an object. Prompt tokens are estimated at four bytes each. */
function completion(request: ProviderRequest, content = "Hello from the provider.") {
  const promptTokens = Math.ceil(request.body.length / 4);
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_700_000_000,
    model: request.json.model,
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: promptTokens, completion_tokens: 6, total_tokens: promptTokens + 6 },
  };
}

/** Answers with JSON. */
export function json(
  value: unknown,
  status = 200,
  headers: Record<string, string> = {},
): Behaviour {
  return ({ response }) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(value));
  };
}

/** Answers with these bytes. */
export function raw(
  body: string | Buffer,
  status: number,
  headers: Record<string, string>,
): Behaviour {
  return ({ response }) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

/** A server-sent event with this data. */
export function event(value: unknown): string {
  return `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
}

/** A completion chunk with this delta. */
export function chunk(delta: object, finishReason: string | null = null): object {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "m",
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  };
}

/** The events of an ordinary stream: a role, the words, a finish, `[DONE]`. */
export function ordinaryEvents(
  words: readonly string[] = ["Hello", " from", " the", " provider."],
): string[] {
  return [
    event(chunk({ role: "assistant", content: "" })),
    ...words.map((content) => event(chunk({ content }))),
    event(chunk({}, "stop")),
    event("[DONE]"),
  ];
}

export interface StreamOptions {
  /** Written one by one; strings are events, or any other bytes. */
  readonly pieces?: readonly (string | Buffer)[];
  /** The pause before each piece but the first, in milliseconds. */
  readonly gapMs?: number;
  /** What happens after the last piece. */
  readonly ending?: "end" | "cut" | "silence";
}

/** Answers with a stream of server-sent events. */
export function stream(options: StreamOptions = {}): Behaviour {
  const { pieces = ordinaryEvents(), gapMs = 0, ending = "end" } = options;
  return async ({ response, socket }) => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    response.flushHeaders();
    for (const [index, piece] of pieces.entries()) {
      if (gapMs > 0 && index > 0) {
        await sleep(gapMs);
      }
      if (!response.write(piece)) {
        await drained(response);
      }
      if (response.destroyed) {
        return;
      }
    }
    if (ending === "end") {
      response.end();
    } else if (ending === "cut") {
      // Sends what was written, then closes the connection without the last chunk.
      socket.destroySoon();
    }
  };
}

/** A stream whose pieces the test sends one by one. */
export interface PushedStream {
  readonly behaviour: Behaviour;
  /** Sends a piece and waits until it has been read. */
  send(piece: string): Promise<void>;
  end(): Promise<void>;
}

/** Answers one request. */
export function pushedStream(): PushedStream {
  const opened = Promise.withResolvers<ServerResponse>();
  return {
    behaviour({ response }) {
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
      response.flushHeaders();
      opened.resolve(response);
    },
    async send(piece) {
      (await opened.promise).write(piece);
      await socketsRead();
    },
    async end() {
      (await opened.promise).end();
    },
  };
}

/** Resolves when the buffer has drained or the connection has closed. */
export function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      response.off("drain", settle);
      response.off("close", settle);
      resolve();
    };
    response.on("drain", settle);
    response.on("close", settle);
  });
}

/** Answers after `durationMs` and counts concurrent requests. */
export function countingConcurrency(durationMs: number, then: Behaviour) {
  let now = 0;
  const counted = {
    /** The highest number of concurrent requests. */
    most: 0,
    behaviour: async (exchange: Exchange) => {
      now += 1;
      counted.most = Math.max(counted.most, now);
      await sleep(durationMs);
      now -= 1;
      await then(exchange);
    },
  };
  return counted;
}

/** Resets the connection before any answer. */
export const reset: Behaviour = ({ socket }) => {
  socket.resetAndDestroy();
};

/** Never answers. */
export const silence: Behaviour = () => undefined;

/** Announces a body, sends a part of it and closes the connection. */
export const half: Behaviour = ({ response, socket }) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "200" });
  response.write('{"id":"chatcmpl-1","choices":[');
  socket.destroySoon();
};
