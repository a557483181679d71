/** Keeps values of the last five minutes, minute by minute. */

export interface Recent<V> {
  /** The value of the current minute. */
  current(): V;
  /** The values of the last five minutes, the current one included. */
  values(): readonly V[];
}

const slotMs = 60_000;
const slotCount = 5;

/** @param now milliseconds from any origin, which never go back. */
export function createRecent<V>(create: () => V, now: () => number): Recent<V> {
  const slots: { readonly minute: number; readonly value: V }[] = [];
  const minuteNow = () => Math.floor(now() / slotMs);
  return {
    current() {
      const minute = minuteNow();
      const newest = slots.at(-1);
      if (newest?.minute === minute) {
        return newest.value;
      }
      const value = create();
      slots.push({ minute, value });
      if (slots.length > slotCount) {
        slots.shift();
      }
      return value;
    },
    values() {
      const oldest = minuteNow() - slotCount;
      return slots.filter(({ minute }) => minute > oldest).map(({ value }) => value);
    },
  };
}
