import { describe, expect, test } from "vitest";
import { balancedOrders, shuffled } from "../../../bench/orders.ts";

/** How often each text occurs. */
function tally(texts: readonly string[]): number[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts.values()];
}

describe.each([2, 7, 8, 9, 10])("orders of %i things", (count) => {
  const orders = balancedOrders(count);

  test("each order has each thing once", () => {
    for (const order of orders) {
      expect(order.toSorted((left, right) => left - right)).toEqual([...Array(count).keys()]);
    }
  });

  test("each thing is in each place equally often", () => {
    const places = orders.flatMap((order) => order.map((thing, place) => `${thing} at ${place}`));
    expect(new Set(tally(places)).size).toBe(1);
  });

  test("each thing follows each other one equally often", () => {
    const pairs = orders.flatMap((order) =>
      order.slice(1).map((thing, place) => `${thing} after ${order[place]}`),
    );
    expect(new Set(tally(pairs)).size).toBe(1);
    expect(new Set(pairs).size).toBe(count * (count - 1));
  });
});

test("chance picks an order that has each value once", () => {
  const numbers = [0.5, 0.9, 0.1];
  expect(shuffled(["a", "b", "c"], () => numbers.shift() ?? 0)).toEqual(["c", "a", "b"]);
});
