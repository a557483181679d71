import fc from "fast-check";
import { expect, test } from "vitest";
import { createUsageFilter } from "../../../../src/protocols/openai-chat/usage-filter.ts";
import { chunk, event } from "../../../support/provider.ts";
import { changed } from "../../../support/sse.ts";

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

test("the usage of a stream is removed for a client that did not request it, and nothing else, wherever the stream is cut", () => {
  fc.assert(
    fc.property(cuts, (parts) => {
      expect(changed(createUsageFilter(), parts).all).toBe([...before, after].join(""));
    }),
  );
});
