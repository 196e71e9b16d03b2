import { randomBytes, randomInt } from "node:crypto";
import { readUserCode, USER_CODE_ALPHABET, USER_CODE_LENGTH } from "@/contract/user-code";

/** Makes the code by which a command line polls: 256 random bits, which nobody sees. */
export function newDeviceCode(): string {
  return randomBytes(32).toString("base64url");
}

/** Makes the code that a person compares: 34 random bits, valid for ten minutes, with a few guesses a minute. */
export function newUserCode(): string {
  const letters = Array.from(
    { length: USER_CODE_LENGTH },
    () => USER_CODE_ALPHABET[randomInt(USER_CODE_ALPHABET.length)],
  );
  return readUserCode(letters.join("")) ?? newUserCode();
}

const LABEL_MAX = 36;

/** Returns a token's label from the name that a program gives itself, without characters that hide or reorder text. */
export function labelOf(client: string): string {
  const readable = client.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|\p{Default_Ignorable_Code_Point}/gu, "");
  let label = "";
  for (const character of readable.trim()) if ((label + character).length <= LABEL_MAX) label += character;
  return label.trim() || "agentrun";
}

/** Returns a label and its alternatives for when it is taken. */
export function labelsFrom(label: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? label : `${label} ${index + 1}`));
}
