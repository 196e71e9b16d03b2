import type { Socket } from "node:net";
import type { Readable } from "node:stream";

/**
 * What arrives within this time after a piece is passed on together, in milliseconds: nobody reads faster, and each
 * piece costs a write.
 */
const GATHER_MS = 50;
/**
 * The usual amount held of a stream stays in one buffer: as separate objects, pieces would survive garbage collections.
 */
const USUAL_BYTES = 4 * 1024;
/** The maximum of bytes held back, and taken in before the reader asks for them. */
const HELD_MAX_BYTES = 64 * 1024;
/** How long the end of an answer may take to arrive after its last word, in milliseconds. */
const END_MS = 1_000;

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
export async function* piecesOf(body: Body, silenceMs: number): AsyncGenerator<Uint8Array> {
  const arrived = new Arrivals(body);
  try {
    for (;;) {
      if (!(await arrived.until(() => arrived.bytes > 0 || arrived.isOver, silenceMs))) throw new SilentError();
      if (arrived.bytes === 0) return arrived.assertWhole();
      yield arrived.take();
      await arrived.gather();
    }
  } finally {
    arrived.leave();
  }
}

/** What a stream has sent and nobody has taken yet. */
class Arrivals {
  bytes = 0;
  isOver = false;
  readonly #usual = Buffer.allocUnsafeSlow(USUAL_BYTES);
  #usualBytes = 0;
  /** Pieces that came after that buffer was full. */
  #more: Uint8Array[] = [];
  #count = 0;
  #isResting = false;
  #fault: Error | null = null;
  #look: () => void = () => undefined;
  readonly #end = () => this.#close(null);
  readonly #break = (fault?: Error) => this.#close(fault ?? new Error("the connection was closed in the middle"));

  constructor(private readonly body: Body) {
    body.on("data", this.#hold);
    body.once("end", this.#end);
    // A destroyed stream may report it twice, and an error without a listener ends the process.
    body.on("error", this.#break);
    body.once("close", () => this.#break());
    // The stream may have ended between its head and this point, and its events were missed.
    if (body.destroyed) this.#break(body.errored ?? undefined);
  }

  readonly #hold = (piece: Uint8Array): void => {
    if (this.#more.length === 0 && this.#usualBytes + piece.byteLength <= USUAL_BYTES) {
      this.#usual.set(piece, this.#usualBytes);
      this.#usualBytes += piece.byteLength;
    } else this.#more.push(piece);
    this.bytes += piece.byteLength;
    this.#count += 1;
    if (this.bytes >= HELD_MAX_BYTES) this.body.pause();
    this.#look();
  };

  #close(fault: Error | null): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#read();
    this.#fault = fault;
    this.#look();
  }

  /** Waits until a condition is met; false: it was not met in time. */
  until(isMet: () => boolean, patienceMs: number): Promise<boolean> {
    if (isMet()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (answer: boolean) => {
        clearTimeout(patience);
        this.#look = () => undefined;
        resolve(answer);
      };
      const patience = setTimeout(() => settle(false), patienceMs);
      this.#look = () => {
        if (isMet()) settle(true);
      };
    });
  }

  /** Lets more arrive before it is taken. */
  async gather(): Promise<void> {
    await this.until(() => this.bytes >= HELD_MAX_BYTES || this.isOver, GATHER_MS);
    this.#read();
  }

  take(): Uint8Array {
    const taken = Buffer.concat([this.#usual.subarray(0, this.#usualBytes), ...this.#more], this.bytes);
    this.#usualBytes = 0;
    const isInARow = this.#count > 1;
    this.#more = [];
    this.bytes = 0;
    this.#count = 0;
    if (this.body.isPaused()) this.body.resume();
    else if (isInARow && !this.isOver) this.#rest();
    return taken;
  }

  #rest(): void {
    this.#isResting = true;
    this.body.socket?.pause();
  }

  /**
   * Reads the connection again. A connection outlives its answer: it is never left unread, and not touched once another
   * answer may use it.
   */
  #read(): void {
    if (!this.#isResting) return;
    this.#isResting = false;
    this.body.socket?.resume();
  }

  assertWhole(): void {
    if (this.#fault) throw this.#fault;
  }

  /**
   * Stops reading. The request ends with its reader, but a stream's last word comes before its end: where nothing else
   * is left, the connection is kept for the next request.
   */
  leave(): void {
    this.#more = [];
    this.body.off("data", this.#hold);
    if (this.isOver) return;
    this.#read();
    const patience = setTimeout(() => this.body.destroy(), END_MS);
    this.body.once("close", () => clearTimeout(patience));
    this.body.once("data", () => this.body.destroy());
    this.body.resume();
  }
}
