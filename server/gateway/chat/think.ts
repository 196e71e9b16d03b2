const OPEN = "<think>";
const CLOSE = "</think>";

export type ThinkPiece = { kind: "reasoning" | "gap" | "text"; text: string };
type State = "start" | "thinking" | "gap" | "text";

/**
 * Separates the reasoning that a model writes in `<think>…</think>` before its answer from the answer, however the text
 * is cut. Only a block at the very beginning counts, because a model may write about such tags later.
 */
export class ThinkSplitter {
  #state: State = "start";
  #held = "";

  /** Returns what is known after a further piece of the content. The possible beginning of a tag is held back. */
  push(text: string): ThinkPiece[] {
    if (this.#state === "text") return text === "" ? [] : [{ kind: "text", text }];
    this.#held += text;
    const pieces: ThinkPiece[] = [];
    for (let before: State | null = null; before !== this.#state; ) {
      before = this.#state;
      pieces.push(...this.#step());
    }
    return pieces.filter((piece) => piece.text !== "");
  }

  /** Returns the white space after the reasoning, where something other than text follows. */
  endGap(): ThinkPiece[] {
    return this.#state === "gap" ? this.end() : [];
  }

  /** Returns what was held back, once nothing more comes. */
  end(): ThinkPiece[] {
    const kind = this.#state === "thinking" ? "reasoning" : this.#state === "gap" ? "gap" : "text";
    const piece: ThinkPiece = { kind, text: this.#take(this.#held.length) };
    return piece.text === "" ? [] : [piece];
  }

  #step(): ThinkPiece[] {
    switch (this.#state) {
      case "start": {
        const tagAt = this.#held.search(/\S/);
        if (tagAt === -1) return [];
        const rest = this.#held.slice(tagAt);
        if (rest.startsWith(OPEN)) {
          this.#take(tagAt + OPEN.length);
          this.#state = "thinking";
        } else if (!OPEN.startsWith(rest)) this.#state = "text";
        return [];
      }
      case "thinking": {
        const end = this.#held.indexOf(CLOSE);
        if (end === -1) {
          const text = this.#take(this.#held.length - heldTail(this.#held));
          return [{ kind: "reasoning", text }];
        }
        const text = this.#take(end);
        this.#take(CLOSE.length);
        this.#state = "gap";
        return [{ kind: "reasoning", text }];
      }
      case "gap": {
        const end = this.#held.search(/\S/);
        if (end === -1) return [];
        this.#state = "text";
        return [{ kind: "gap", text: this.#take(end) }];
      }
      case "text":
        return [{ kind: "text", text: this.#take(this.#held.length) }];
    }
  }

  #take(length: number): string {
    const taken = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return taken;
  }
}

/** Returns how many characters at a text's end may be the beginning of the closing tag. */
function heldTail(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length -= 1)
    if (text.endsWith(CLOSE.slice(0, length))) return length;
  return 0;
}
