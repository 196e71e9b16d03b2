/** Only consonants, so that none looks like another letter or digit and no code forms a word. */
export const USER_CODE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ";
export const USER_CODE_LENGTH = 8;

/**
 * Returns a code as it is shown, `XXXX-XXXX`, from what a person typed, in any case and with any separators; null where
 * it is not a code.
 */
export function readUserCode(typed: string): string | null {
  const letters = typed.toUpperCase().replaceAll(/[\s_-]/g, "");
  const isCode = letters.length === USER_CODE_LENGTH && [...letters].every((one) => USER_CODE_ALPHABET.includes(one));
  return isCode ? `${letters.slice(0, 4)}-${letters.slice(4)}` : null;
}
