import type { Socket } from "node:net";
import type { Readable } from "node:stream";

/**
 * What arrives within this time after a piece is passed on together, in milliseconds: nobody reads faster, and each
 * piece costs a write.
 */
const BATCH_MS = 50;
/**
 * The usual amount held of a stream stays in one buffer: as separate objects, pieces would survive garbage collections.
 */
const BUFFER_BYTES = 4 * 1024;
/** The maximum of bytes held back, and taken in before the reader asks for them. */
const PENDING_MAX_BYTES = 64 * 1024;
/** How long the end of an answer may take to arrive after its last word, in milliseconds. */
const DRAIN_MS = 1_000;

export class SilentError extends Error {}

/** A body, and the connection that it arrives by, if it has one. */
export type Body = Readable & { socket?: Pick<Socket, "pause" | "resume"> };

/**
 * Yields an answer's body in pieces: the first at once, then whatever has arrived meanwhile, at most some twenty pieces
 * a second unless there is much. The body is read no faster than the caller takes it. Where several pieces come in a
 * row, the connection is not read between two of them: the kernel gathers them for one read, and the end may be noticed
 * that much later.
 *
 * @throws SilentError when nothing has come for too long; the stream's own error when it broke off.
 */
export async function* piecesOf(body: Body, silenceTimeoutMs: number): AsyncGenerator<Uint8Array> {
  const arrivals = new Arrivals(body);
  try {
    for (;;) {
      if (!(await arrivals.waitFor(() => arrivals.bytes > 0 || arrivals.isOver, silenceTimeoutMs)))
        throw new SilentError();
      if (arrivals.bytes === 0) return arrivals.assertComplete();
      yield arrivals.take();
      await arrivals.gather();
    }
  } finally {
    arrivals.stop();
  }
}

/** What a stream has sent and nobody has taken yet. */
class Arrivals {
  bytes = 0;
  isOver = false;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #bufferBytes = 0;
  /** Pieces that came after that buffer was full. */
  #overflow: Uint8Array[] = [];
  #count = 0;
  #isPaused = false;
  #error: Error | null = null;
  #onChange: () => void = () => undefined;
  readonly #onEnd = () => this.#close(null);
  readonly #onError = (fault?: Error) => this.#close(fault ?? new Error("the connection was closed in the middle"));

  constructor(private readonly body: Body) {
    body.on("data", this.#onData);
    body.once("end", this.#onEnd);
    // A destroyed stream may report it twice, and an error without a listener ends the process.
    body.on("error", this.#onError);
    body.once("close", () => this.#onError());
    // The stream may have ended between its head and this point, and its events were missed.
    if (body.destroyed) this.#onError(body.errored ?? undefined);
  }

  readonly #onData = (piece: Uint8Array): void => {
    if (this.#overflow.length === 0 && this.#bufferBytes + piece.byteLength <= BUFFER_BYTES) {
      this.#buffer.set(piece, this.#bufferBytes);
      this.#bufferBytes += piece.byteLength;
    } else this.#overflow.push(piece);
    this.bytes += piece.byteLength;
    this.#count += 1;
    if (this.bytes >= PENDING_MAX_BYTES) this.body.pause();
    this.#onChange();
  };

  #close(fault: Error | null): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#resume();
    this.#error = fault;
    this.#onChange();
  }

  /** Waits until a condition is met; false: it was not met in time. */
  waitFor(isMet: () => boolean, timeoutMs: number): Promise<boolean> {
    if (isMet()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (answer: boolean) => {
        clearTimeout(timeout);
        this.#onChange = () => undefined;
        resolve(answer);
      };
      const timeout = setTimeout(() => finish(false), timeoutMs);
      this.#onChange = () => {
        if (isMet()) finish(true);
      };
    });
  }

  /** Lets more arrive before it is taken. */
  async gather(): Promise<void> {
    await this.waitFor(() => this.bytes >= PENDING_MAX_BYTES || this.isOver, BATCH_MS);
    this.#resume();
  }

  take(): Uint8Array {
    const bytes = Buffer.concat([this.#buffer.subarray(0, this.#bufferBytes), ...this.#overflow], this.bytes);
    this.#bufferBytes = 0;
    const hadSeveral = this.#count > 1;
    this.#overflow = [];
    this.bytes = 0;
    this.#count = 0;
    if (this.body.isPaused()) this.body.resume();
    else if (hadSeveral && !this.isOver) this.#pause();
    return bytes;
  }

  #pause(): void {
    this.#isPaused = true;
    this.body.socket?.pause();
  }

  /**
   * Reads the connection again. A connection outlives its answer: it is never left unread, and not touched once another
   * answer may use it.
   */
  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.body.socket?.resume();
  }

  assertComplete(): void {
    if (this.#error) throw this.#error;
  }

  /**
   * Stops reading. The request ends with its reader, but a stream's last word comes before its end: where nothing else
   * is left, the connection is kept for the next request.
   */
  stop(): void {
    this.#overflow = [];
    this.body.off("data", this.#onData);
    if (this.isOver) return;
    this.#resume();
    const timeout = setTimeout(() => this.body.destroy(), DRAIN_MS);
    this.body.once("close", () => clearTimeout(timeout));
    this.body.once("data", () => this.body.destroy());
    this.body.resume();
  }
}
