/** Pipe stages that transform events. */
import { describe, expect, test } from "vitest";
import type { AnswerSink } from "../../../src/answer/answer-sink.ts";
import type { EventTransform } from "../../../src/answer/event-transform.ts";
import { transformedEvents } from "../../../src/answer/transformed-events.ts";
import { RelayError } from "../../../src/errors.ts";
import { createEventReader, joined } from "../../../src/text/event-reader.ts";

/** A sink that records what it receives. */
function client() {
  const heard: string[] = [];
  const sink: AnswerSink = {
    signal: new AbortController().signal,
    commit: () => heard.push("commit"),
    write: (chunk) => heard.push(chunk.toString()) > 0,
    whenDrained: () => undefined,
    end: () => heard.push("end"),
    breakOff: (_error, boundary) => heard.push(`broken off at ${boundary}`),
  };
  return { heard, sink };
}

const leavingOut = (word: string) => (): EventTransform => ({
  push: (event) => (event.data === word ? [] : [event]),
  end: () => [],
});

/** A pipe of two stages after an event reader. */
function twoStages() {
  const { heard, sink } = client();
  const pipe = transformedEvents(transformedEvents(sink, leavingOut("b")), leavingOut("a"));
  const reader = createEventReader();
  pipe.commit(200, {}, { kind: "events" });
  const write = (text: string) => pipe.write(Buffer.from(text), reader.push(Buffer.from(text)));
  return { heard, pipe, reader, write };
}

describe("a stream through two stages", () => {
  test("is forwarded in whole events, without those that a stage drops", () => {
    const { heard, pipe, reader, write } = twoStages();
    for (const piece of ["data: a\n\ndata: c\n\nda", "ta: b\n\ndata: d\n", "\ndata: rest"]) {
      write(piece);
    }
    pipe.end(reader.rest());
    expect(heard).toEqual(["commit", "data: c\n\n", "data: d\n\n", "data: rest", "end"]);
  });

  test("is broken off after its last whole event", () => {
    const { heard, pipe, reader, write } = twoStages();
    write("data: c\n\ndata: half");
    pipe.breakOff(new RelayError("upstream_cut", "cut"), reader.boundary());
    expect(heard).toEqual(["commit", "data: c\n\n", "broken off at event"]);
  });

  test("is broken off inside an event that is too long to buffer", () => {
    const { heard, pipe, reader, write } = twoStages();
    const long = `data: ${"x".repeat(5 * 1024 * 1024)}`;
    write(long);
    pipe.breakOff(new RelayError("upstream_cut", "cut"), reader.boundary());
    expect(heard).toEqual(["commit", long, "broken off at middle"]);
  });
});

test("a body that is not an event stream passes unchanged", () => {
  const { heard, sink } = client();
  const pipe = transformedEvents(sink, leavingOut("a"));
  pipe.commit(200, {}, { kind: "bytes" });
  pipe.write(Buffer.from("data: a\n\n"), []);
  pipe.breakOff(new RelayError("upstream_cut", "cut"), undefined);
  expect(heard).toEqual(["commit", "data: a\n\n", "broken off at undefined"]);
});

test("joins adjacent events without a copy, and others with a single copy", () => {
  const packet = Buffer.from("data: 1\n\ndata: 2\n\ndata: 3\n\n");
  const [first, second, third] = createEventReader().push(packet);
  const beside = joined([first, second].flatMap((event) => event ?? []));
  expect([beside.toString(), beside.buffer]).toEqual(["data: 1\n\ndata: 2\n\n", packet.buffer]);
  expect(joined([first, third].flatMap((event) => event ?? [])).toString()).toBe(
    "data: 1\n\ndata: 3\n\n",
  );
  expect(joined([]).length).toBe(0);
});
