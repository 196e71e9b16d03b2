import type { Signal } from "./crossings";
import type { Story } from "./stories";

/**
 * Follows a story from point to point, and stops for ever at one of them. A crossing that the story does not name at
 * that place is an error; so no moment between two commits is left without a name.
 */
export class Tracer {
  #next = 0;

  constructor(
    private readonly story: Story,
    private readonly stopAt: string | null,
    private readonly onStop: () => void,
  ) {}

  readonly cross = async (signal: Signal): Promise<void> => {
    const point = this.story.points[this.#next];
    if (point?.signal !== signal) {
      const expected = point ? `${point.name} (${point.signal})` : "its end";
      throw new Error(`${this.story.name}: "${signal}" came where ${expected} was expected`);
    }
    this.#next += 1;
    if (point.name !== this.stopAt) return;
    this.onStop();
    await new Promise(() => {});
  };

  /** Throws unless every point was met. */
  assertDone(): void {
    const point = this.story.points[this.#next];
    if (point) throw new Error(`${this.story.name} ended before ${point.name}`);
  }
}
