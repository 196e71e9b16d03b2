import type { SsoFailure } from "@/contract/sso";

/** What a failed sign-in comes to: what the page says, and whether the browser brought something that was made up. */
export type Failure = { reason: SsoFailure; isGuess: boolean };

/** Words by which a provider says that it is not well itself. */
const UNWELL = new Set(["server_error", "temporarily_unavailable"]);
/** Codes of the library: no answer in time, or one that no provider gives who is well. */
const AWAY = new Set(["OAUTH_TIMEOUT", "OAUTH_ABORT", "OAUTH_RESPONSE_IS_NOT_CONFORM", "OAUTH_RESPONSE_IS_NOT_JSON"]);

/** Tells by the library's error who is at fault: the provider, the configuration, or whoever came back. */
export function failureOf(error: unknown): Failure {
  const { code, error: word } = (error ?? {}) as { code?: unknown; error?: unknown };
  if (code === "OAUTH_AUTHORIZATION_RESPONSE_ERROR") return { reason: refusalOf(String(word)), isGuess: false };
  if (code === "OAUTH_RESPONSE_BODY_ERROR")
    return { reason: UNWELL.has(String(word)) ? "sso-unreachable" : "sso-refused", isGuess: word === "invalid_grant" };
  const isAnswered = typeof code === "string" && code.startsWith("OAUTH_") && !AWAY.has(code);
  // Without a word of the provider's, such as one that is not the issuer that it says it is.
  return { reason: isAnswered ? "sso-refused" : "sso-unreachable", isGuess: code === "OAUTH_INVALID_RESPONSE" };
}

/** What a provider means by sending a browser back with an error. */
function refusalOf(word: string): SsoFailure {
  if (word === "access_denied") return "sso-denied";
  return UNWELL.has(word) ? "sso-unreachable" : "sso-refused";
}

/** Of what is said, in the log. */
const SAID_MAX = 500;

type Told = Partial<
  Record<
    "message" | "code" | "error" | "error_description" | "cause" | "parameters" | "expected" | "attribute",
    unknown
  >
>;

/**
 * The sentences of an error, of those behind it, and the words by which a provider refuses: for the log, which they name
 * no token to. What was looked for and not found stands there too, such as the issuer.
 */
export function whatItSays(error: unknown, depth = 0): string[] {
  if (typeof error !== "object" || error === null || depth > 3) return [];
  const { message, code, error: word, error_description: described, cause, parameters, ...more } = error as Told;
  const own = [message, code, word, described, more.attribute, more.expected].filter(
    (text): text is string => typeof text === "string",
  );
  const behind = [...(Array.isArray(cause) ? cause : [cause]), parameters];
  const all = [...own.map((text) => text.slice(0, SAID_MAX)), ...behind.flatMap((one) => whatItSays(one, depth + 1))];
  return [...new Set(all)];
}
