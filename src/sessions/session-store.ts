/** Where conversations are kept: a seam, so that several gateways may share one some day. */

/** A message as it is sent to a provider, with what is needed to keep or drop it. */
export interface StoredMessage {
  readonly role: string;
  /** The message as JSON. */
  readonly json: string;
}

export interface SessionStoreStats {
  readonly sessions: number;
  readonly bytes: number;
}

export interface SessionStore {
  /** The messages so far, oldest first; undefined for a session that is not there, or no longer. */
  load(key: string): Promise<readonly StoredMessage[] | undefined>;
  /** Puts messages behind those of the session, or in their place; makes the session where there is none. */
  append(key: string, messages: readonly StoredMessage[], replace: boolean): Promise<void>;
  delete(key: string): Promise<void>;
  /** Lets go of what has expired. */
  sweep(): Promise<void>;
  stats(): Promise<SessionStoreStats>;
}
