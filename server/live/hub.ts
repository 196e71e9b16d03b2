import type { LiveFrame } from "@/contract/event";
import type { Topic } from "@/server/context";

export type LiveText = { runId: string; frames: LiveFrame[] };
type WakeListener = () => void;
type TextListener = (text: LiveText) => void;

/** Tells this process's readers that something happened; they read what happened themselves. */
export class Hub {
  readonly #wakes = new Map<Topic, Set<WakeListener>>();
  readonly #texts = new Map<string, Set<TextListener>>();

  /** Calls the listener at every wake of a topic, until the returned function is called. */
  subscribe(topic: Topic, listener: WakeListener): () => void {
    return addListener(this.#wakes, topic, listener);
  }

  /** Calls the listener with text that is still being written in a run. */
  subscribeText(runId: string, listener: TextListener): () => void {
    return addListener(this.#texts, runId, listener);
  }

  wake(topic: Topic): void {
    for (const listener of this.#wakes.get(topic) ?? []) listener();
  }

  /** Wakes all readers: after a gap in what was heard, anything may have happened. */
  wakeAll(): void {
    for (const listeners of this.#wakes.values()) for (const listener of listeners) listener();
  }

  publishText(text: LiveText): void {
    for (const listener of this.#texts.get(text.runId) ?? []) listener(text);
  }

  /** Returns the keys of topics with this prefix that have readers, such as the runs whose events are watched. */
  subscribedIds(prefix: "events:" | "commands:" | "control:"): string[] {
    return [...this.#wakes.keys()]
      .filter((topic) => topic.startsWith(prefix))
      .map((topic) => topic.slice(prefix.length));
  }
}

function addListener<Key, Listener>(map: Map<Key, Set<Listener>>, key: Key, listener: Listener): () => void {
  const listeners = map.get(key) ?? new Set();
  map.set(key, listeners);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && map.get(key) === listeners) map.delete(key);
  };
}

/**
 * Waits for wakes one at a time. A wake that comes while its reader is busy is remembered, so a reader that looks again
 * after each wake misses nothing.
 */
export class WakeSignal {
  #isSet = false;
  #resolve: (() => void) | null = null;

  readonly set = (): void => {
    this.#isSet = true;
    this.#resolve?.();
    this.#resolve = null;
  };

  /** Resolves at the next wake, at once if one came since the last call, or when the signal aborts. */
  async next(signal: AbortSignal): Promise<void> {
    if (!this.#isSet && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
        signal.addEventListener("abort", this.set, { once: true });
      });
      signal.removeEventListener("abort", this.set);
    }
    this.#isSet = false;
  }
}
