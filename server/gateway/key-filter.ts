/** A shorter key is not secret: self-hosted servers are given words such as EMPTY, which occur in any answer. */
const SECRET_CHARS_MIN = 16;
/** A part of a key of this length at the end of an answer is as good as the key. */
const PART_CHARS_MIN = 8;
const REDACTED = Buffer.from("[redacted]");
const EMPTY = Buffer.alloc(0);

/**
 * Removes a provider's key from a passing stream, wherever it is cut. Only what may be a key's beginning is held back.
 */
export class KeyFilter {
  readonly #spellings: Buffer[];
  #held: Uint8Array = EMPTY;
  private constructor(key: string) {
    const escaped = JSON.stringify(key).slice(1, -1);
    this.#spellings = [...new Set([key, escaped, escaped.replaceAll("/", "\\/")])].map((text) => Buffer.from(text));
  }

  /** Returns a filter for a key; null: the key is not secret. */
  static of(key: string | null): KeyFilter | null {
    return key === null || key.length < SECRET_CHARS_MIN ? null : new KeyFilter(key);
  }

  /** Returns what may be passed on of what has come so far. */
  take(piece: Uint8Array): Uint8Array {
    let bytes: Buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    if (this.#held.length > 0) bytes = Buffer.concat([this.#held, bytes]);
    for (const spelling of this.#spellings) bytes = redactSpelling(bytes, spelling);
    const safeBytes = bytes.length - Math.max(...this.#spellings.map((spelling) => partialMatchBytes(bytes, spelling)));
    this.#held = bytes.subarray(safeBytes);
    return bytes.subarray(0, safeBytes);
  }

  /** Returns what was held back, once nothing more comes. */
  rest(): Uint8Array {
    return this.#held.length < PART_CHARS_MIN ? this.#held : REDACTED;
  }
}

function redactSpelling(bytes: Buffer, spelling: Buffer): Buffer {
  const clean: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(spelling); at !== -1; at = bytes.indexOf(spelling, from)) {
    clean.push(bytes.subarray(from, at), REDACTED);
    from = at + spelling.length;
  }
  return from === 0 ? bytes : Buffer.concat([...clean, bytes.subarray(from)]);
}

/** Returns how many bytes at the end may be the beginning of a spelling. */
function partialMatchBytes(bytes: Buffer, spelling: Buffer): number {
  const first = spelling[0] ?? 0;
  for (let at = Math.max(0, bytes.length - spelling.length + 1); at < bytes.length; at += 1)
    if (bytes[at] === first && bytes.subarray(at).equals(spelling.subarray(0, bytes.length - at)))
      return bytes.length - at;
  return 0;
}
