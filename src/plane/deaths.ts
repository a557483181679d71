/** Counts the data plane's deaths, and says when it must not start again. */

export interface Deaths {
  /** @returns whether the thread may start again. */
  add(why: string): boolean;
  /** Since the gateway's start. */
  count(): number;
  /** Why it ended the last time, as the end of a sentence; undefined if it never has. */
  last(): string | undefined;
  /** Why it does not start again; undefined as long as it may. */
  problem(): string | undefined;
}

/** This many deaths within a minute stop the data plane. */
const maxDeaths = 3;
const windowMs = 60_000;

/** @param now the time in milliseconds, from any origin. */
export function createDeaths(now: () => number = () => performance.now()): Deaths {
  let times: number[] = [];
  let count = 0;
  let last: string | undefined;
  let problem: string | undefined;
  return {
    add(why) {
      count += 1;
      last = why;
      times = [...times.filter((time) => time > now() - windowMs), now()];
      if (times.length >= maxDeaths) {
        problem =
          `the data plane ended ${maxDeaths} times within a minute, the last time because ${why}. It does not start again, ` +
          "and the relay answers 503. Restart the gateway; if it happens again, see the log before this line and report it.";
      }
      return problem === undefined;
    },
    count: () => count,
    last: () => last,
    problem: () => problem,
  };
}
