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

export function createChannel<Sent>(target: PostTarget, schedule: Schedule): Channel<Sent> {
  let pending: Sent[] = [];
  let transfers: ArrayBuffer[] = [];
  const flush = () => {
    const [messages, moved] = [pending, transfers];
    pending = [];
    transfers = [];
    target.postMessage(messages, moved);
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
