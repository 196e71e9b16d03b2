import type { Actor } from "@/server/context";
import { AgentRunError, UnavailableError } from "@/server/errors";

const STREAMS_MAX = 5_000;
/** A browser needs one stream for each of its tabs; a runner needs one. */
const STREAMS_PER_TOKEN_MAX = 64;

export type OpenStream = {
  /** Aborts when the caller's token ends, the server stops, or the stream is closed. */
  signal: AbortSignal;
  close(): void;
};

/**
 * The streams that are open in this process. Each has a controller of its own, aborted through this set: combining
 * signals by `AbortSignal.any` leaks on Node 20.
 */
export class Streams {
  readonly #open = new Map<AbortController, string | null>();
  readonly #perToken = new Map<string, number>();
  #isStopping = false;

  get count(): number {
    return this.#open.size;
  }

  /** Registers a caller's stream. Throws when there would be too many. */
  open(actor: Actor, request?: AbortSignal): OpenStream {
    if (this.#isStopping) throw new UnavailableError("shutting-down", "this server is stopping: connect again");
    const tokenId = "tokenId" in actor ? actor.tokenId : null;
    const held = tokenId === null ? 0 : (this.#perToken.get(tokenId) ?? 0);
    if (this.#open.size >= STREAMS_MAX || held >= STREAMS_PER_TOKEN_MAX) {
      throw new AgentRunError("rate-limited", "rate-limited", "too many streams are open: close one first");
    }
    const controller = new AbortController();
    this.#open.set(controller, tokenId);
    if (tokenId !== null) this.#perToken.set(tokenId, held + 1);
    const close = () => this.#close(controller);
    if (request?.aborted) close();
    else request?.addEventListener("abort", close, { once: true });
    return {
      signal: controller.signal,
      close: () => {
        request?.removeEventListener("abort", close);
        close();
      },
    };
  }

  /** Returns the ids of tokens with open streams. */
  tokenIds(): string[] {
    return [...this.#perToken.keys()];
  }

  /** Ends the streams of tokens that have ended. */
  endTokens(tokenIds: Set<string>): void {
    for (const [controller, tokenId] of this.#open) {
      if (tokenId !== null && tokenIds.has(tokenId)) this.#close(controller);
    }
  }

  /** Ends all streams and refuses new ones. */
  stop(): void {
    this.#isStopping = true;
    for (const controller of this.#open.keys()) this.#close(controller);
  }

  #close(controller: AbortController): void {
    const tokenId = this.#open.get(controller);
    if (tokenId === undefined) return;
    this.#open.delete(controller);
    if (tokenId !== null) {
      const held = (this.#perToken.get(tokenId) ?? 1) - 1;
      if (held === 0) this.#perToken.delete(tokenId);
      else this.#perToken.set(tokenId, held);
    }
    controller.abort();
  }
}
