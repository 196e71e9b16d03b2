/** Where segments of sessions' volumes are kept: a folder, or an S3-compatible bucket. Bytes are stored as given. */
export interface Archive {
  /** Throws when nothing can be stored or read now. */
  check(): Promise<void>;
  /** Returns whether the segment was written: an existing one stays as it is. */
  put(sessionId: string, sha256: string, bytes: Uint8Array): Promise<boolean>;
  /** Returns a segment; null: the archive does not hold it. */
  get(sessionId: string, sha256: string): Promise<Uint8Array | null>;
  /** Copies a segment from one session to another, without reading it where possible; false: it does not exist. */
  copy(fromSessionId: string, toSessionId: string, sha256: string): Promise<boolean>;
  remove(sessionId: string, sha256: string): Promise<void>;
  /** Removes everything that is kept for a session. */
  removeAll(sessionId: string): Promise<void>;
}
