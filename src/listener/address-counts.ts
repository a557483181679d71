/** Counts open connections by client network. */
import { networkOf } from "../access/client-address.ts";

export interface AddressCounts {
  /** Counts a connection, unless its network has `max` already. @returns whether it was counted. */
  add(address: string, max: number): boolean;
  remove(address: string): void;
}

export function createAddressCounts(): AddressCounts {
  const counts = new Map<string, number>();
  return {
    add(address, max) {
      const network = networkOf(address);
      const count = counts.get(network) ?? 0;
      if (count >= max) {
        return false;
      }
      counts.set(network, count + 1);
      return true;
    },
    remove(address) {
      const network = networkOf(address);
      const count = counts.get(network) ?? 0;
      if (count > 1) {
        counts.set(network, count - 1);
      } else {
        counts.delete(network);
      }
    },
  };
}
