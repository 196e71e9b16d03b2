import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** The prefix of each kind, by which a person, a log filter or a leak scanner can recognise it. */
export const TOKEN_PREFIX = {
  operator: "aro_",
  api: "ara_",
  "sign-in": "ars_",
  "device-link": "ard_",
  launch: "arl_",
  runner: "art_",
  model: "arm_",
  archiver: "ark_",
} as const;
export type TokenKind = keyof typeof TOKEN_PREFIX;

const SHAPE = new RegExp(`^(?:${Object.values(TOKEN_PREFIX).join("|")})[A-Za-z0-9_-]{43}$`);

/** Makes a token of 256 random bits. Only its digest is ever stored. */
export function newToken(kind: TokenKind): string {
  return TOKEN_PREFIX[kind] + randomBytes(32).toString("base64url");
}

/** Returns the digest that is stored for a token. Plain SHA-256 is enough for 256 random bits. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Whether a text can be one of our tokens at all; others are not looked up. */
export function isTokenShaped(token: string): boolean {
  return SHAPE.test(token);
}

/** Compares in a time that does not depend on where the two differ. */
export function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
