/** Port: storage of conversations. Asynchronous, so that several gateways could share a store one day. */

/** A message as sent to a provider, and its role, which decides where history may be cut. */
export interface StoredMessage {
  readonly role: string;
  /** The message as JSON. */
  readonly json: string;
}

export interface SessionStoreStats {
  readonly sessions: number;
  readonly bytes: number;
  /** Sessions that were removed because there were too many, since the bounds were last changed. */
  readonly evictions: number;
  /** Sessions that were removed because of their age, since the bounds were last changed. */
  readonly expiries: number;
}

export interface SessionStore {
  /** The session's messages, oldest first; undefined if there is no such session or it has expired. */
  load(key: string): Promise<readonly StoredMessage[] | undefined>;
  /** Appends messages to the session, or replaces its messages. Creates the session if there is none. */
  append(key: string, messages: readonly StoredMessage[], replace: boolean): Promise<void>;
  delete(key: string): Promise<void>;
  /** Removes expired sessions. */
  sweep(): Promise<void>;
  stats(): Promise<SessionStoreStats>;
}
