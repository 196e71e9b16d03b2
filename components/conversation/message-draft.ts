import { PickedImages } from "@/components/images/picked-images";
import { randomId } from "@/components/ui/random-id";
import { unsentText } from "@/contract/send-turn";

type DraftState = { text: string; isSending: boolean; error: string | null };

/**
 * A message being written, the id that it is sent under, and the runs that it was sent to without an answer: all are kept
 * until the server has taken it. It outlives what shows it, which goes when another tab of the page is shown, also while
 * the message is on its way.
 */
export class MessageDraft {
  readonly images = new PickedImages();
  id = randomId();
  triedRunIds: string[] = [];
  /** What was tried under this id. */
  #versions = new Set<string>();
  #state: DraftState = { text: "", isSending: false, error: null };
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly read = (): DraftState => this.#state;

  write(text: string): void {
    this.#set({ text });
  }

  /** Says what was wrong with what was tried last. */
  refuse(error: string): void {
    this.#set({ error });
  }

  /** What is written from here on is a message of its own. */
  renew(): void {
    this.id = randomId();
    this.triedRunIds = [];
    this.#versions = new Set();
  }

  /** Notes what is tried now, its text and images. */
  noteTry(version: string): void {
    this.#versions.add(version);
  }

  /** Whether what the server may have of an earlier try is something else. */
  get isChanged(): boolean {
    return this.#versions.size > 1;
  }

  /**
   * Sends what is written, once: a second press meanwhile does nothing. What was typed since stays. Answers whether it
   * was sent; `wordsOf` says why not.
   */
  async send(deliver: (text: string) => Promise<void>, wordsOf: (cause: unknown) => string): Promise<boolean> {
    if (this.#state.isSending) return false;
    const sent = this.#state.text;
    this.#set({ isSending: true, error: null });
    try {
      await deliver(sent);
      this.renew();
      this.#set({ isSending: false, text: unsentText(this.#state.text, sent) });
      return true;
    } catch (cause) {
      this.#set({ isSending: false, error: wordsOf(cause) });
      return false;
    }
  }

  #set(change: Partial<DraftState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

const drafts = new Map<string, MessageDraft>();

/** A session's draft, one for the whole tab. */
export function draftOf(sessionId: string): MessageDraft {
  const draft = drafts.get(sessionId) ?? new MessageDraft();
  if (typeof window !== "undefined") drafts.set(sessionId, draft);
  return draft;
}
