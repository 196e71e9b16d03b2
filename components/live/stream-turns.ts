/**
 * Browsers open six connections to a server of HTTP/1.1, all tabs together, and a stream holds one for as long as it lives:
 * with a seventh every request of every tab would wait for ever. So many leave room for the requests, and for the moment
 * in which a tab that changes what it follows has two.
 */
export const STREAMS_MAX = 4;
const PREFIX = "agentrun-live:";

/** What is needed of `navigator.locks`; tests give their own. */
export type Locks = {
  request(name: string, options: { steal?: boolean }, held: () => Promise<void> | void): Promise<unknown>;
  query(): Promise<{ held?: { name?: string }[] }>;
};

/**
 * Takes turns with the browser's other tabs: those looked at last keep their streams. A turn is a lock whose name says when
 * it was taken, and who needs room steals the oldest; a browser gives back those of a tab that is gone by itself.
 */
export class StreamTurns {
  #giveBack: (() => void) | null = null;

  constructor(
    /** Null where a browser has none: by plain HTTP from another machine. Then tabs do not know of each other. */
    private readonly locks: Locks | null,
    private readonly onStolen: () => void,
    private readonly now: () => number = Date.now,
  ) {}

  /** Takes a turn, or takes it anew. */
  acquire(): void {
    if (this.locks === null) return;
    const locks = this.locks;
    this.release();
    let isHeld = true;
    const left = new Promise<void>((resolve) => {
      this.#giveBack = () => {
        isHeld = false;
        resolve();
      };
    });
    const name = `${PREFIX}${String(this.now()).padStart(15, "0")}:${crypto.randomUUID()}`;
    const held = () => {
      void releaseOldest(locks);
      return left;
    };
    // A stolen lock's promise is refused at once; one that was given back has nothing to tell.
    locks.request(name, {}, held).catch(() => {
      if (isHeld) this.onStolen();
    });
  }

  release(): void {
    this.#giveBack?.();
    this.#giveBack = null;
  }
}

async function releaseOldest(locks: Locks): Promise<void> {
  const { held = [] } = await locks.query();
  const turns = held.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name] : [])).sort();
  for (const name of turns.slice(0, -STREAMS_MAX)) await steal(locks, name);
}

/** Another tab that makes room in the same moment steals it from this one: then it is gone all the same. */
async function steal(locks: Locks, name: string): Promise<void> {
  try {
    await locks.request(name, { steal: true }, () => undefined);
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== "AbortError") throw error;
  }
}
