/**
 * Keeps one large allocation from ending the process. A thread that reaches the bound of its heap ends alone only if that
 * happens between allocations of up to 16 MB; within a larger one, such as the parsing of a large text, V8 ends the whole
 * process (Node 24).
 */
import { getHeapStatistics } from "node:v8";
import { RelayError } from "../errors.ts";

/** Smaller texts are not checked: the check takes two microseconds. */
const maxUncheckedBytes = 16 * 1024;
/** An array of small numbers takes about twelve times the bytes of its text while it is parsed; other JSON takes less. */
const heapBytesPerByte = 16;

/**
 * Must be called before a text is parsed.
 * @throws RelayError `relay_overloaded` if this thread's heap may not have room for its content.
 */
export function assertHeapRoom(textBytes: number, statistics = getHeapStatistics): void {
  if (textBytes <= maxUncheckedBytes) {
    return;
  }
  const { used_heap_size: used, heap_size_limit: limit } = statistics();
  if (used + textBytes * heapBytesPerByte > limit) {
    throw new RelayError(
      "relay_overloaded",
      "The relay has too little memory for a request of this size now. Try again later, or send less. " +
        "The gateway's operator can raise plugins.entries.passthrough.config.dataPlane.maxHeapMegabytes.",
      { headers: { "retry-after": "1" } },
    );
  }
}
