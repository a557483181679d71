/** The sixteen faults of docs/failover.md, through a real gateway. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Fault, faults } from "../support/faults.ts";
import { ordinaryEvents } from "../support/provider.ts";
import { entries, type Entry, impatientConfig, messages, useGateway } from "./fixture.ts";

const fixture = useGateway({ config: impatientConfig });
// The first request waits for what the host still sets up, which would count against the provider's short time limit.
beforeAll(async () => {
  await fixture.call("/v1/chat/completions", { messages });
});

const [operatorEntry, ...keyEntries] = entries;

/** What the client sees, in the table's words. */
async function seen(
  fault: Fault,
  streaming: boolean,
  entry: Entry = operatorEntry,
): Promise<{ attempts: number; what: string }> {
  fixture.provider.reset();
  fixture.provider.behave("m1", fault.behaviour(streaming));
  const answer = await fixture
    .through(entry)
    .call("/chat/completions", { messages, stream: streaming });
  const attempts = fixture.provider.requests.filter(
    ({ json: { model: id } }) => id === "m1",
  ).length;
  const text = answer.body.toString();
  const whole = streaming
    ? text === ordinaryEvents().join("")
    : text.includes("Hello from the provider.");
  if (answer.headers["x-openclaw-model"] === "b1" && whole) {
    return { attempts, what: "answered by the next target" };
  }
  const code = /"code":"(upstream_\w+)"\}\}\n\n$/.exec(text)?.[1];
  if (code !== undefined) {
    return { attempts, what: code };
  }
  if (answer.status !== 200) {
    return { attempts, what: String(answer.status) };
  }
  return {
    attempts,
    what: text.includes("[DONE]")
      ? "passed on, the stream goes on"
      : "whole, and ended within a second or two",
  };
}

// First, because the last fault of the table disqualifies a credential.
describe.each(keyEntries)("through $name, what is not rescued matches the table", (entry) => {
  test.each(faults.filter(({ rescued }) => !rescued))("$name", async (fault) => {
    const { attempts, sees, streamOnly = false } = fault;
    expect(await seen(fault, true, entry)).toEqual({ attempts, what: sees?.stream });
    const whole = streamOnly ? undefined : await seen(fault, false, entry);
    expect(whole).toEqual(streamOnly ? undefined : { attempts, what: sees?.json });
  });
});

const page = readFileSync(new URL("../../docs/failover.md", import.meta.url), "utf8");

describe("each fault matches its row in docs/failover.md", () => {
  test.each(faults.map((fault, at) => [at + 1, fault.name, fault] as const))(
    "%i: %s",
    async (at, name, fault) => {
      const expected = fault.rescued ? "answered by the next target" : undefined;
      const streamed = await seen(fault, true);
      expect(streamed).toEqual({
        attempts: fault.attempts,
        what: expected ?? fault.sees?.stream,
      });
      const whole = fault.streamOnly === true ? undefined : await seen(fault, false);
      expect(whole).toEqual(
        fault.streamOnly === true
          ? undefined
          : // A refused credential is skipped for a minute, so the second request does not try it.
            {
              attempts: name.startsWith("401") ? 0 : fault.attempts,
              what: expected ?? fault.sees?.json,
            },
      );
      const cells = page
        .split("\n")
        .find((line) => line.startsWith(`| ${at} `))
        ?.split("|")
        .map((cell) => cell.trim());
      expect(cells?.slice(2, 6)).toEqual([
        name,
        String(fault.attempts),
        whole?.what ?? "–",
        streamed.what,
      ]);
    },
  );
});
