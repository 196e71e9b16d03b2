import type { SsoFailure } from "@/contract/sso";

/** What a failed sign-in means: what the page shows, and whether the browser brought something made up. */
export type Failure = { reason: SsoFailure; isGuess: boolean };

/** Error words by which a provider says that it is out of order itself. */
const UNWELL = new Set(["server_error", "temporarily_unavailable"]);
/** The library's codes for no answer in time, or an answer that a healthy provider does not give. */
const AWAY = new Set(["OAUTH_TIMEOUT", "OAUTH_ABORT", "OAUTH_RESPONSE_IS_NOT_CONFORM", "OAUTH_RESPONSE_IS_NOT_JSON"]);

/** Decides by the library's error who is at fault: the provider, the configuration, or the person who came back. */
export function failureOf(error: unknown): Failure {
  const { code, error: word } = (error ?? {}) as { code?: unknown; error?: unknown };
  if (code === "OAUTH_AUTHORIZATION_RESPONSE_ERROR") return { reason: failureByCode(String(word)), isGuess: false };
  if (code === "OAUTH_RESPONSE_BODY_ERROR")
    return { reason: UNWELL.has(String(word)) ? "sso-unreachable" : "sso-refused", isGuess: word === "invalid_grant" };
  const isAnswered = typeof code === "string" && code.startsWith("OAUTH_") && !AWAY.has(code);
  // Without an error word of the provider's, for example when it is not the issuer that it claims to be.
  return { reason: isAnswered ? "sso-refused" : "sso-unreachable", isGuess: code === "OAUTH_INVALID_RESPONSE" };
}

/** Returns the meaning of the error with which a provider sends a browser back. */
function failureByCode(word: string): SsoFailure {
  if (word === "access_denied") return "sso-denied";
  return UNWELL.has(word) ? "sso-unreachable" : "sso-refused";
}

/** The maximum length of each text in the log. */
const TEXT_CHARS_MAX = 500;

type ErrorFields = Partial<
  Record<
    "message" | "code" | "error" | "error_description" | "cause" | "parameters" | "expected" | "attribute",
    unknown
  >
>;

/**
 * Returns the messages of an error and its causes, and the words of a provider's refusal, for the log. They contain no
 * token. Values that were expected and not found, such as the issuer, are included.
 */
export function describeError(error: unknown, depth = 0): string[] {
  if (typeof error !== "object" || error === null || depth > 3) return [];
  const {
    message,
    code,
    error: errorCode,
    error_description: description,
    cause,
    parameters,
    ...more
  } = error as ErrorFields;
  const texts = [message, code, errorCode, description, more.attribute, more.expected].filter(
    (text): text is string => typeof text === "string",
  );
  const causes = [...(Array.isArray(cause) ? cause : [cause]), parameters];
  const all = [
    ...texts.map((text) => text.slice(0, TEXT_CHARS_MAX)),
    ...causes.flatMap((cause) => describeError(cause, depth + 1)),
  ];
  return [...new Set(all)];
}
