import { TimeoutError } from "./failure";

/** Ends a request once its server has sent nothing for so long, in milliseconds, or when another signal aborts. */
export class SilenceLimit {
  readonly signal: AbortSignal;
  readonly #silence = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly maxMs: number,
    outer: AbortSignal,
  ) {
    this.signal = AbortSignal.any([outer, this.#silence.signal]);
    this.restart();
  }

  /** The error with which the silence ended the request; undefined: it did not. */
  get failure(): unknown {
    return this.#silence.signal.reason;
  }

  /** The server sent something: the time begins anew. */
  restart(): void {
    this.pause();
    this.#timer = setTimeout(() => this.#silence.abort(new TimeoutError(this.url, this.maxMs)), this.maxMs);
  }

  /** Stops the time while nothing is waited for. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  /** Also closes a connection that is still open. */
  end(): void {
    this.pause();
    this.#silence.abort();
  }
}
