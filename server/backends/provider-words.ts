import { redactText } from "@/server/events";

/** Of what a provider says so much is looked at, and so much is told. */
const READ_MAX = 64 * 1024;
const TOLD_MAX = 2_000;
/** A letter's longest spelling of those below. */
const SPELLING_MAX = 8;

/**
 * What a provider says of an error, as it may be told and logged: without its key, however that is spelt, and without
 * what looks like a secret. It is cut last: of a key that is cut first, a part would stay.
 */
export function providerWords(text: string, key: string | null, toldMax = TOLD_MAX): string {
  const read = text.length <= READ_MAX ? text : text.slice(0, READ_MAX - SPELLING_MAX * (key?.length ?? 0));
  return redactText(withoutKey(read, key)).slice(0, toldMax);
}

/** A text in which a key does not stand: as it is, escaped as in JSON, also twice, or as in an address. */
export function withoutKey(text: string, key: string | null): string {
  return key === null || key === "" ? text : text.replace(spellingsOf(key), "[redacted]");
}

function spellingsOf(key: string): RegExp {
  const letters = [...key].map((letter) => {
    const hex = letter.charCodeAt(0).toString(16).padStart(2, "0");
    const anyCase = `(?:${hex}|${hex.toUpperCase()})`;
    // A bounded number of escapes: what could be any number is looked for again from each of them.
    return `(?:\\\\{0,3}${letter.replace(/[^A-Za-z0-9]/, "\\$&")}|\\\\{1,3}u00${anyCase}|%${anyCase})`;
  });
  return new RegExp(letters.join(""), "g");
}
