import { randomBytes, randomInt } from "node:crypto";
import { readUserCode, USER_CODE_ALPHABET, USER_CODE_LENGTH } from "@/contract/user-code";

/** What a command line asks by: 256 random bits, which nobody sees. */
export function newDeviceCode(): string {
  return randomBytes(32).toString("base64url");
}

/** What a person compares: 34 random bits, which live for ten minutes and are guessed at a few times a minute. */
export function newUserCode(): string {
  const letters = Array.from(
    { length: USER_CODE_LENGTH },
    () => USER_CODE_ALPHABET[randomInt(USER_CODE_ALPHABET.length)],
  );
  return readUserCode(letters.join("")) ?? newUserCode();
}

const LABEL_MAX = 36;

/** What a token is for, by what a program calls itself: without what would hide in a name or reorder it. */
export function labelOf(client: string): string {
  const readable = client.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|\p{Default_Ignorable_Code_Point}/gu, "");
  let label = "";
  for (const character of readable.trim()) if ((label + character).length <= LABEL_MAX) label += character;
  return label.trim() || "agentrun";
}

/** A label and what it becomes where it is taken. */
export function labelsFrom(label: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? label : `${label} ${index + 1}`));
}
