/** Counts the calls of each run that are under way, so that one run cannot hold more of them than it needs. */
export class OpenCalls {
  readonly #open = new Map<string, number>();
  constructor(private readonly perRunMax: number) {}

  /** What is to be called once at the call's end; null where it is one too many. */
  begin(runId: string): (() => void) | null {
    const open = this.#open.get(runId) ?? 0;
    if (open >= this.perRunMax) return null;
    this.#open.set(runId, open + 1);
    let hasEnded = false;
    return () => {
      if (hasEnded) return;
      hasEnded = true;
      const left = (this.#open.get(runId) ?? 1) - 1;
      if (left === 0) this.#open.delete(runId);
      else this.#open.set(runId, left);
    };
  }
}
