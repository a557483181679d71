/** In which order things are measured, so that no one has always the same one before it. */

/**
 * Orders of `count` things in which each stands in each place, and comes after each other one, equally often (Williams,
 * 1949). As many as there are things, and twice as many where that is odd.
 */
export function balancedOrders(count: number): number[][] {
  // 0, 1, n-1, 2, n-2, …: the distances between neighbours are all different.
  const first = Array.from({ length: count }, (_, place) =>
    place % 2 === 0 ? (count - place / 2) % count : (place + 1) / 2,
  );
  const shifted = Array.from({ length: count }, (_, shift) =>
    first.map((thing) => (thing + shift) % count),
  );
  return count % 2 === 0 ? shifted : [...shifted, ...shifted.map((order) => order.toReversed())];
}
