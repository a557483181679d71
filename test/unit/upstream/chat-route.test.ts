/** The vendors' endpoints that are compatible with chat completions. */
import { expect, test } from "vitest";
import type { Route } from "../../../src/routing/route.ts";
import { chatRoute } from "../../../src/upstream/chat-route.ts";

const route = (api: string, baseUrl: string) => ({ api, baseUrl }) as Route;

test.each([
  ["anthropic-messages", "https://api.anthropic.com", "https://api.anthropic.com/v1"],
  ["anthropic-messages", "https://api.anthropic.com/v1/", "https://api.anthropic.com/v1"],
  [
    "google-generative-ai",
    "https://generativelanguage.googleapis.com/v1beta",
    "https://generativelanguage.googleapis.com/v1beta/openai",
  ],
  ["ollama", "http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"],
  ["openai-responses", "https://api.openai.com/v1", "https://api.openai.com/v1"],
  [
    "azure-openai-responses",
    "https://a/openai/v1?api-version=1",
    "https://a/openai/v1?api-version=1",
  ],
])("of %s at %s is %s", (api, baseUrl, expected) => {
  const of = route(api, baseUrl);
  expect(chatRoute(of).baseUrl).toBe(expected);
  expect(chatRoute(of)).toBe(chatRoute(of));
});
