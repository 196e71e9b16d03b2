/** Everything that takes no ink, or changes the order of what does; a plain space alone is what it looks like. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Zs}\u115f\u1160\u3164\uffa0]/gu;

/** A name of an agent's making, with what cannot be seen in it written out: `a\u{202e}b`. */
export function showHidden(text: string): string {
  return text.replaceAll(HIDDEN, (character) =>
    character === " " ? " " : `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`,
  );
}

/** What reorders what is read, or hides in it: control characters but those of a line's end, and bidi overrides. */
const TRICKS = /(?![\t\n\r])[\p{Cc}\p{Cs}\u200b\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/** A text of an agent's making, of any length, with what would show it as something else written out. */
export function showTricks(text: string): string {
  return text.replaceAll(TRICKS, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`);
}
