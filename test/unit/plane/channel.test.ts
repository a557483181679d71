import { once } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { until } from "../../support/client.ts";
import { afterCallback, afterTurn, createChannel } from "../../../src/plane/channel.ts";

/** A channel, and what it has posted. */
function channelThatPosts(schedule: typeof afterTurn) {
  const posts: unknown[] = [];
  const channel = createChannel<string>(
    { postMessage: (value) => posts.push(value) },
    { schedule, insteadOf: () => undefined },
  );
  return { channel, posts };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe.each([
  ["callback", afterCallback],
  ["turn", afterTurn],
])("a channel that posts after the current %s", (_name, schedule) => {
  test("sends messages together and in their order", async () => {
    const { channel, posts } = channelThatPosts(schedule);
    channel.send("a");
    channel.send("b");
    expect(posts).toEqual([]);
    await turn();
    channel.send("c");
    await turn();
    expect(posts).toEqual([["a", "b"], ["c"]]);
  });

  test("moves buffers to the other thread, once", async () => {
    const { port1, port2 } = new MessageChannel();
    const channel = createChannel<Uint8Array>(port1, { schedule, insteadOf: () => undefined });
    const moved = new Uint8Array([1, 2, 3]);
    const copied = new Uint8Array([4, 5]);
    channel.send(moved, moved.buffer);
    channel.send(copied);
    expect(await once(port2, "message")).toEqual([[new Uint8Array([1, 2, 3]), copied]]);
    expect(moved.byteLength).toBe(0);
    channel.send(copied);
    expect(await once(port2, "message")).toEqual([[copied]]);
    expect(copied.byteLength).toBe(2);
    port1.close();
  });
});

test("after a callback: messages do not wait for other callbacks of the same turn", async () => {
  const { channel, posts } = channelThatPosts(afterCallback);
  const postsSeen = await new Promise((resolve) => {
    setImmediate(() => channel.send("a"));
    setImmediate(() => resolve([...posts]));
  });
  expect(postsSeen).toEqual([["a"]]);
});

test("after a turn: messages of several callbacks share a post", async () => {
  const { channel, posts } = channelThatPosts(afterTurn);
  setImmediate(() => channel.send("a"));
  setImmediate(() => channel.send("b"));
  await turn();
  await turn();
  expect(posts).toEqual([["a", "b"]]);
});

test("a message that cannot be cloned is replaced, and costs the others of its post nothing", async () => {
  const { port1, port2 } = new MessageChannel();
  const channel = createChannel<unknown>(port1, {
    schedule: afterCallback,
    insteadOf: (_message, cause) => (cause as Error).name,
  });
  channel.send("before");
  channel.send(() => undefined);
  channel.send("after");
  const posts: unknown[] = [];
  port2.on("message", (post) => posts.push(post));
  await until(() => posts.length === 3);
  port1.close();
  expect(posts).toEqual([["before"], ["DataCloneError"], ["after"]]);
});
