/** An invalid command line: the command exits with 2 and has changed nothing. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
