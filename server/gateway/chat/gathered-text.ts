const PIECES_MAX = 64;

/**
 * A text that comes in pieces of a few letters. Added to one another they would stay what they are, at several times
 * their length, until somebody reads them: so they are made into one now and then.
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
