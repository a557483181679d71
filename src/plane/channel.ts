/** Messages between the gateway's thread and the data plane's. Messages of one turn of the event loop share a post. */

/** The part of a `MessagePort` or a `Worker` that a channel uses. */
export interface PostTarget {
  postMessage(value: unknown, transfer?: readonly ArrayBuffer[]): void;
}

export interface Channel<Sent> {
  /** @param transfer buffers that move to the other thread instead of being copied. */
  send(message: Sent, transfer?: ArrayBuffer): void;
}

/**
 * When the messages of a turn are posted. The gateway's thread posts after the current callback: an agent turn may follow
 * in the same turn of the loop. The data plane's thread posts at the end of the turn, so that many streams share a post.
 */
type Schedule = (flush: () => void) => void;
export const afterCallback: Schedule = queueMicrotask;
export const afterTurn: Schedule = setImmediate;

export interface ChannelOptions<Sent> {
  readonly schedule: Schedule;
  /**
   * Called with a message that cannot be cloned, such as one with a function, which must not cost the others of its post.
   * @returns what is sent instead; undefined for nothing.
   */
  readonly insteadOf: (message: Sent, cause: unknown) => Sent | undefined;
}

export function createChannel<Sent>(
  target: PostTarget,
  { schedule, insteadOf }: ChannelOptions<Sent>,
): Channel<Sent> {
  let pending: Sent[] = [];
  let transfers: ArrayBuffer[] = [];
  const flush = () => {
    const [messages, moved] = [pending, transfers];
    pending = [];
    transfers = [];
    try {
      target.postMessage(messages, moved);
    } catch {
      messages.forEach(postAlone);
    }
  };
  const postAlone = (message: Sent) => {
    try {
      target.postMessage([message], []);
    } catch (cause) {
      const other = insteadOf(message, cause);
      if (other !== undefined) {
        target.postMessage([other], []);
      }
    }
  };
  return {
    send(message, transfer) {
      if (pending.push(message) === 1) {
        schedule(flush);
      }
      if (transfer !== undefined) {
        transfers.push(transfer);
      }
    },
  };
}
