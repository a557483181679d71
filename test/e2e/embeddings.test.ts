/** Embeddings of Gemini and Ollama through a real gateway, whose catalog has no embedding model of theirs. */
import { describe, expect, test } from "vitest";
import { json } from "../support/provider.ts";
import { entries, openaiClient, useGateway } from "./fixture.ts";
import { model } from "./relay-config.ts";

const fixture = useGateway({
  config: ({ baseUrl }) => {
    const models = [model("m1")];
    return {
      models: {
        providers: {
          google: {
            baseUrl: baseUrl.replace(/\/v1$/, "/v1beta"),
            api: "google-generative-ai",
            apiKey: "google-key",
            models,
          },
          ollama: { baseUrl, api: "ollama", apiKey: "ollama-key", models },
          // A server under a name that the host does not know.
          embedder: { baseUrl, api: "ollama", apiKey: "ollama-key", models },
        },
      },
      agents: { defaults: { models: { "google/*": {}, "ollama/*": {}, "embedder/*": {} } } },
    };
  },
});

const vectors = [
  [0.25, -0.5],
  [1, 2],
];

describe.each(["google", "ollama", "embedder"])("%s", (provider) => {
  test("answers in OpenAI's shape, by its own protocol", async () => {
    fixture.provider.behave(
      "e1",
      json(
        provider === "google"
          ? { embeddings: vectors.map((values) => ({ values })) }
          : { model: "e1", embeddings: vectors, prompt_eval_count: 4 },
      ),
    );
    const openai = openaiClient(fixture.through(entries[0]));
    const { data } = await openai.embeddings.create({
      model: `${provider}/e1`,
      input: ["one", "two"],
    });
    expect(data.map(({ embedding }) => embedding)).toEqual(vectors);
    const [request] = fixture.provider.requests;
    expect(request?.path).toBe(
      provider === "google" ? "/v1beta/models/e1:batchEmbedContents" : "/api/embed",
    );
    expect(request?.headers).toMatchObject(
      provider === "google"
        ? { "x-goog-api-key": "google-key" }
        : { authorization: "Bearer ollama-key" },
    );
  });
});
