import { expect, test } from "vitest";
import { coreEndpointProblem } from "../../../src/control/core-endpoint-problem.ts";
import type { CoreEndpoint } from "../../../src/control/gateway-facts.ts";

const chat = "gateway.http.endpoints.chatCompletions.enabled";
const responses = "gateway.http.endpoints.responses.enabled";

test.each<[CoreEndpoint[], string[], string[]]>([
  [["chatCompletions"], ["/v1/chat/completions, /v1/models and /v1/embeddings", chat], [responses]],
  [["responses"], ["/v1/models and /v1/embeddings", responses], ["chat"]],
  [["chatCompletions", "responses"], ["/v1/chat/completions", `${chat} and ${responses}`], []],
])("for %j it names the paths they take over and the settings", (enabled, words, others) => {
  const problem = coreEndpointProblem(enabled);
  for (const word of words) {
    expect(problem).toContain(word);
  }
  for (const word of others) {
    expect(problem).not.toContain(word);
  }
});

test("there is none if neither endpoint is enabled", () => {
  expect(coreEndpointProblem([])).toBeUndefined();
});
