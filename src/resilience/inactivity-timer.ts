/** Detects inactivity. `touch` only notes the time and restarts no timer, so it is cheap enough for every event. */

export interface InactivityTimer {
  /** Starts a wait of this length, or restarts the current one with it. */
  expect(withinMs: number): void;
  /** Activity: restarts the current wait. */
  touch(): void;
  /** Stops until the next `expect`. */
  stop(): void;
}

/** @param onInactive called once for each wait that ends without activity. */
export function createInactivityTimer(
  onInactive: () => void,
  now: () => number = () => performance.now(),
): InactivityTimer {
  let timer: NodeJS.Timeout | undefined;
  let withinMs = 0;
  let sinceMs = 0;

  const check = () => {
    const leftMs = sinceMs + withinMs - now();
    if (leftMs > 0) {
      timer = setTimeout(check, leftMs);
    } else {
      timer = undefined;
      onInactive();
    }
  };
  return {
    expect(nextMs) {
      clearTimeout(timer);
      withinMs = nextMs;
      sinceMs = now();
      timer = setTimeout(check, nextMs);
    },
    touch() {
      sinceMs = now();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
