/** Notices when nothing has come for too long. One timer, which looks at the clock: a sign of life costs no timer. */

export interface InactivityTimer {
  /** Starts to wait, or goes on waiting, for so long from now. */
  expect(withinMs: number): void;
  /** Something came: the wait begins again. */
  touch(): void;
  /** Waits for nothing, until the next `expect`. */
  stop(): void;
}

/** @param onInactive called once each time a wait has ended with nothing. */
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
