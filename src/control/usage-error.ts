/** Something on the command line that can't be read: the command ends with 2, and has done nothing. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
