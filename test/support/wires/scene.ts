/** What a scripted provider does, in the words of no protocol. Each wire plays the same scenes in its own shapes. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Behaviour } from "../provider.ts";

interface SceneCall {
  readonly id: string;
  readonly name: string;
  /** The pieces in which the JSON of the arguments is sent. */
  readonly arguments: readonly string[];
}

interface SceneUsage {
  /** The whole prompt, with what is read from the cache and written to it. */
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly reasoning?: number;
}

export interface Scene {
  readonly model?: string;
  readonly think?: readonly string[];
  /** The provider's signature of its reasoning, which it wants back with its calls. */
  readonly signature?: string;
  readonly say?: readonly string[];
  readonly refuse?: string;
  readonly calls?: readonly SceneCall[];
  /** Whether the calls' arguments come in turns, where the wire has that. */
  readonly isInterleaved?: boolean;
  readonly finish?: "stop" | "length" | "calls" | "refusal";
  readonly usage?: SceneUsage;
  /** An HTTP error instead of an answer. */
  readonly fail?: {
    readonly status: number;
    readonly message: string;
    /** Sent where the wire's vendor sends it: in a header or in the body. */
    readonly retryAfterSeconds?: number;
    /** Whether the conversation is too long for the model. */
    readonly isContextLength?: boolean;
  };
  /** An error event, before the first word or after the first one. */
  readonly failWithin?: {
    readonly when: "before" | "after";
    readonly status: number;
    readonly message: string;
  };
  /** After how many events the connection breaks, or nothing more comes. */
  readonly cutAfter?: number;
  readonly stallAfter?: number;
  readonly delivery?: Delivery;
}

/** How the bytes of a stream are sent. */
interface Delivery {
  /** At most so many bytes at once. */
  readonly pieceBytes?: number;
  readonly crlf?: boolean;
  /** Comments and pings between the events. */
  readonly pings?: boolean;
}

/** What some protocols do not have. */
type Feature =
  | "cache"
  | "cache writes"
  | "reasoning tokens"
  | "refusals"
  | "opaque state"
  /** Errors within a stream have a status, or a word that stands for one. */
  | "statuses within";

/** A wire of a scripted provider. */
export interface ScriptedWire {
  has(feature: Feature): boolean;
  /** How many events of an answer with two texts there are up to the first text. */
  readonly eventsBeforeCut: number;
  /** The host's name for the protocol. */
  readonly api: string;
  /** The base URL in the host's config, from the scripted provider's, which ends with `/v1`. */
  baseUrl(providerBaseUrl: string): string;
  /** The events of an answer, each as text with its end. */
  events(scene: Scene): readonly string[];
  /** An event that says nothing. */
  readonly ping: string;
  readonly contentType: string;
  /** Status, headers and body of an error. */
  failure(fail: NonNullable<Scene["fail"]>): {
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: string;
  };
}

/** Plays a scene for each request to a model. */
export function play(wire: ScriptedWire, scene: Scene): Behaviour {
  return async ({ response }) => {
    const { fail, delivery = {}, cutAfter, stallAfter } = scene;
    if (fail !== undefined) {
      const { headers = {}, body } = wire.failure(fail);
      response.writeHead(fail.status, { "content-type": "application/json", ...headers });
      response.end(body);
      return;
    }
    response.writeHead(200, { "content-type": wire.contentType, "request-id": "req_1" });
    const events = wire
      .events(scene)
      .flatMap((event) => (delivery.pings ? [wire.ping, event] : [event]));
    const sent = events.slice(0, cutAfter ?? stallAfter);
    const text = delivery.crlf === true ? sent.join("").replaceAll("\n", "\r\n") : sent.join("");
    const bytes = Buffer.from(text);
    const pieceBytes = delivery.pieceBytes ?? bytes.length;
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      response.write(bytes.subarray(at, at + pieceBytes));
      if (delivery.pieceBytes !== undefined) {
        await new Promise(setImmediate);
      }
    }
    if (cutAfter !== undefined) {
      await sleep(20);
      response.destroy();
    } else if (stallAfter === undefined) {
      response.end();
    }
  };
}
