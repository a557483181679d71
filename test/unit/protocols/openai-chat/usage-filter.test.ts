import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createUsageFilter } from "../../../../src/protocols/openai-chat/usage-filter.ts";
import { createStreamUsage } from "../../../../src/protocols/openai-chat/usage-counter.ts";
import { createEventReader } from "../../../../src/text/event-reader.ts";
import { chunk, event } from "../../../support/provider.ts";
import { changed, eventsOf } from "../../../support/sse.ts";

const usage = {
  prompt_tokens: 12,
  completion_tokens: 3,
  total_tokens: 15,
  prompt_tokens_details: { cached_tokens: 8 },
};
const counts = event({ ...chunk({}), choices: [], usage });
const before = [
  event(chunk({ content: 'the word "usage"' })),
  event({ ...chunk({}, "stop"), usage: null }),
];
const after = event("[DONE]");
const all = Buffer.from([...before, counts, after].join(""));

/** Cuts bytes anywhere. */
const cuts = fc
  .array(fc.nat(all.length), { maxLength: 8 })
  .map((at) =>
    [0].concat(
      at.toSorted((a, b) => a - b),
      all.length,
    ),
  )
  .map((at) => at.slice(1).map((end, index) => all.subarray(at[index], end)));

const newLines = Buffer.from("\n\n");

describe("the usage of a stream", () => {
  test("is removed for a client that did not request it, and nothing else, wherever the stream is cut", () => {
    fc.assert(
      fc.property(cuts, (parts) => {
        expect(changed(createUsageFilter(), parts).all).toBe([...before, after].join(""));
      }),
    );
  });

  test("is read from its end, wherever it is cut", () => {
    fc.assert(
      fc.property(cuts, fc.nat(20_000), (parts, padding) => {
        const counter = createStreamUsage();
        const reader = createEventReader();
        for (const part of [Buffer.alloc(padding, "\n\ndata: x"), newLines, ...parts]) {
          counter.push(part, reader.push(part));
        }
        expect(counter.usage()).toEqual({
          tokensIn: 12,
          tokensOut: 3,
          tokensCached: 8,
          tokensCacheWrite: 0,
        });
      }),
    );
  });

  test("is undefined if the provider reports none", () => {
    const counter = createStreamUsage();
    counter.push(Buffer.from(before.join("")), eventsOf(before.join("")));
    expect(counter.usage()).toBeUndefined();
  });
});
