/** Orders of measurements in which no thing always follows the same one. */

/**
 * Orders of `count` things in which each is in each place, and follows each other one, equally often (Williams,
 * 1949). There are `count` orders, or twice as many if `count` is odd.
 */
export function balancedOrders(count: number): number[][] {
  // 0, 1, n-1, 2, n-2, …: all distances between neighbours differ.
  const first = Array.from({ length: count }, (_, place) =>
    place % 2 === 0 ? (count - place / 2) % count : (place + 1) / 2,
  );
  const shifted = Array.from({ length: count }, (_, shift) =>
    first.map((thing) => (thing + shift) % count),
  );
  return count % 2 === 0 ? shifted : [...shifted, ...shifted.map((order) => order.toReversed())];
}

/** The values in an order that chance picks. @param random gives numbers from 0 to below 1. */
export function shuffled<Value>(values: readonly Value[], random = Math.random): Value[] {
  const order = values.map((value) => ({ value, place: random() }));
  return order.toSorted((left, right) => left.place - right.place).map(({ value }) => value);
}
