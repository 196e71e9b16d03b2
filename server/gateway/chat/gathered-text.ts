const PIECES_MAX = 64;

/**
 * A text that arrives in pieces of a few characters. Appended strings stay separate in memory, at several times their
 * length, until somebody reads them, so they are joined now and then.
 */
export class GatheredText {
  #text = "";
  #pieces: string[] = [];

  add(piece: string): void {
    this.#pieces.push(piece);
    if (this.#pieces.length === PIECES_MAX) this.read();
  }

  read(): string {
    this.#text += this.#pieces.join("");
    this.#pieces = [];
    return this.#text;
  }
}
