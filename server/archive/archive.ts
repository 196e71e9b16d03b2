/** Where segments of sessions' volumes are kept: a folder, or an S3-compatible bucket. Bytes are stored as given. */
export interface Archive {
  /** Throws when nothing could be kept or read now. */
  check(): Promise<void>;
  /** Answers whether it was written: what is there already stays as it is. */
  put(sessionId: string, sha256: string, bytes: Uint8Array): Promise<boolean>;
  /** null when the archive does not hold it. */
  get(sessionId: string, sha256: string): Promise<Uint8Array | null>;
  /** Keeps for one session what is kept for another, without reading it where that can be had; false when it is not there. */
  copy(fromSessionId: string, toSessionId: string, sha256: string): Promise<boolean>;
  remove(sessionId: string, sha256: string): Promise<void>;
  /** Removes all that is kept for a session. */
  removeAll(sessionId: string): Promise<void>;
}
