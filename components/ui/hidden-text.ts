/** Everything that takes no ink, or changes the order of what does; a plain space alone is what it looks like. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Zs}\u115f\u1160\u3164\uffa0]/gu;

/** A name of an agent's making, with what cannot be seen in it written out: `a\u{202e}b`. */
export function showHidden(text: string): string {
  return text.replaceAll(HIDDEN, (character) =>
    character === " " ? " " : `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`,
  );
}
