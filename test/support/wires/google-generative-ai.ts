/** A scripted provider's Gemini API, with the shapes of ai.google.dev/api/generate-content. */
import type { Scene, ScriptedWire } from "./scene.ts";

const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`;

const finishReasons = { stop: "STOP", length: "MAX_TOKENS", calls: "STOP", refusal: "SAFETY" };

const statusWords = new Map([
  [400, "INVALID_ARGUMENT"],
  [401, "UNAUTHENTICATED"],
  [403, "PERMISSION_DENIED"],
  [404, "NOT_FOUND"],
  [429, "RESOURCE_EXHAUSTED"],
  [500, "INTERNAL"],
  [503, "UNAVAILABLE"],
  [504, "DEADLINE_EXCEEDED"],
]);

const errorOf = (code: number, message: string, details: readonly object[] = []) => ({
  error: {
    code,
    message,
    // Google has no word for a 529 or a 413. What it does not name is unknown.
    status: statusWords.get(code) ?? "UNKNOWN",
    ...(details.length === 0 ? {} : { details }),
  },
});

export const scriptedGoogle: ScriptedWire = {
  api: "google-generative-ai",
  has: (feature) => feature !== "cache writes",
  eventsBeforeCut: 1,
  baseUrl: (url) => url.replace(/\/v1$/, "/v1beta"),
  contentType: "text/event-stream",
  // The API sends none. A comment is what a proxy on the way would send.
  ping: ": ping\n\n",
  events(scene) {
    const { usage, failWithin } = scene;
    const usageMetadata = usage && {
      promptTokenCount: usage.input,
      cachedContentTokenCount: usage.cacheRead ?? 0,
      candidatesTokenCount: usage.output - (usage.reasoning ?? 0),
      ...(usage.reasoning === undefined ? {} : { thoughtsTokenCount: usage.reasoning }),
      totalTokenCount: usage.input + usage.output,
    };
    const response = (candidate: object) =>
      event({
        candidates: [{ ...candidate, index: 0 }],
        usageMetadata,
        modelVersion: scene.model ?? "gemini-scripted",
        responseId: "resp-01",
      });
    const content = parts(scene).map((part) =>
      response({ content: { role: "model", parts: [part] } }),
    );
    if (failWithin !== undefined) {
      const failure = event(errorOf(failWithin.status, failWithin.message));
      return failWithin.when === "before" ? [failure] : [...content.slice(0, 1), failure];
    }
    const finish = scene.finish ?? (scene.calls === undefined ? "stop" : "calls");
    const last = { role: "model", parts: [{ text: "" }] };
    return [...content, response({ content: last, finishReason: finishReasons[finish] })];
  },
  failure({ status, message, retryAfterSeconds, isContextLength }) {
    const retry = {
      "@type": "type.googleapis.com/google.rpc.RetryInfo",
      retryDelay: `${retryAfterSeconds}s`,
    };
    const tooLong =
      "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).";
    return {
      body: JSON.stringify(
        errorOf(
          status,
          isContextLength === true ? tooLong : message,
          retryAfterSeconds === undefined ? [] : [retry],
        ),
      ),
    };
  },
};

/** Calls come whole, one after the other. A signature comes with the first call, or with the end of the text. */
function parts({ think = [], signature, say = [], refuse, calls = [] }: Scene): object[] {
  const signed = signature === undefined ? {} : { thoughtSignature: signature };
  return [
    ...think.map((text) => ({ text, thought: true })),
    ...(refuse === undefined ? say : [refuse]).map((text) => ({ text })),
    ...calls.map(({ id, name, arguments: pieces }, index) => ({
      functionCall: { id, name, args: JSON.parse(pieces.join("") || "{}") },
      ...(index === 0 ? signed : {}),
    })),
    ...(calls.length === 0 && signature !== undefined ? [{ text: "", ...signed }] : []),
  ];
}
