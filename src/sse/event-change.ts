/** Works on a stream of server-sent events: holds them, moves them or leaves them out. */
export interface EventChange {
  /** Takes the next bytes of the stream; gives what may go on now, in whole events. */
  push(bytes: Buffer): Buffer;
  /** What is left when the stream has ended. */
  end(): Buffer;
}
