import { isSecretKey } from "@/contract/secret-keys";
import { cleanText, mapJson } from "@/contract/text";

export const REDACTED = "[redacted]";

/**
 * Shapes of credentials inside text. Sources: each provider's own documentation of its token prefixes.
 * Every alternative is bounded or anchored on a literal, so that no input makes matching slow.
 */
const SECRET_SHAPES: readonly (readonly [RegExp, string] | readonly [RegExp, Judge])[] = [
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
    REDACTED,
  ],
  [/\b(authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:bearer|basic|token)\s{1,4})[^\s"',;]+/gi, `$1${REDACTED}`],
  [/\b((?:set-)?cookie:\s{0,4})[^\s=;,"']{1,128}=[^\r\n"']{1,4096}/gi, `$1${REDACTED}`],
  [/\b(Bearer\s+)([A-Za-z0-9+/=._~-]{6,})/gi, judged(isBearerToken)],
  [/\b(Basic\s+)([A-Za-z0-9+/]{4,}={0,2})/gi, judged(isUserAndPassword)],
  [/\b()(sk-[A-Za-z0-9_-]{16,})/g, judged(isKey)], // OpenAI, Anthropic and those that copy them
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g, REDACTED],
  [/\bgl(?:pat|ptt|dt|rt|oas|ft|soat|agent|cbt|imt|ffct)-[A-Za-z0-9_-]{16,}/g, REDACTED],
  [/\bx(?:ox[a-eoprs]|app)-[A-Za-z0-9%-]{10,}/g, REDACTED], // Slack
  [/\b(hooks\.slack\.com\/(?:services|triggers|workflows)\/)[A-Za-z0-9/_-]{8,}/g, `$1${REDACTED}`],
  [/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g, REDACTED],
  [/\b(aws_?secret_?access_?key["']?\s{0,4}[=:]\s{0,4}["']?)[A-Za-z0-9/+=]{40}/gi, `$1${REDACTED}`],
  [/\b(?:AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,})/g, REDACTED], // Google
  [/\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g, REDACTED], // JWT
  [/\bar[aoslrtmk]_[A-Za-z0-9_-]{32,}/g, REDACTED], // AgentRun's own
  [/\bwhsec_[A-Za-z0-9+/=]{24,}/g, REDACTED], // what webhooks are signed with, by any sender
  // The last @ is the one before the host: a password may hold others.
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{0,256}:)[^\s/?#]{1,256}@/gi, `$1${REDACTED}@`],
  [
    /([?&](?:password|passwd|pwd|(?:client_)?secret|(?:access_|refresh_|id_)?token|api_?key|x-(?:amz|goog)-signature)=)[^&\s"'#]{4,}/gi,
    `$1${REDACTED}`,
  ],
  [
    /\b([A-Z0-9_]{0,64}(?:PASSWORD|PASSWD|SECRET|TOKEN|API_KEY|ACCESS_KEY)=)(?:"[^"\r\n]{1,512}"|'[^'\r\n]{1,512}'|[^\s"']{6,})/g,
    `$1${REDACTED}`,
  ],
];

/** Tells a credential from a word of plain English that stands where one may. */
type Judge = (whole: string, before: string, found: string) => string;
function judged(isSecret: (found: string) => boolean): Judge {
  return (whole, before, found) => (isSecret(found) ? `${before}${REDACTED}` : whole);
}

/** What people say after “bearer”: authentication, credentials, tokens … */
const OF_BEARERS =
  /^(?:access|auth|capabilit|cert|challenge|cookie|credential|format|header|instrument|prefix|protocol|request|require|respon|scheme|securit|string|support|token|type|value)[a-z]{0,12}(?:[-/][a-z]+){0,3}[.,]?$/i;

function isBearerToken(found: string): boolean {
  if (/\d/.test(found)) return true;
  return found.length >= 8 && !OF_BEARERS.test(found);
}

/** RFC 7617: base64 of a name, a colon and a password. */
function isUserAndPassword(found: string): boolean {
  return /^[^\p{Cc}\ufffd]*:[^\p{Cc}\ufffd]*$/u.test(Buffer.from(found, "base64").toString("utf8"));
}

/** A name such as sk-learn-pipelines is words; a key has a digit, a capital, or more letters in a row than words have. */
function isKey(found: string): boolean {
  return /[A-Z0-9]|[a-z]{14}/.test(found);
}

/** A cheap look that most text fails: without one of these, no shape above can match, but in an address without its scheme. */
const MAY_HOLD_SECRET =
  /-----BEGIN|bearer|basic|cookie:|sk-|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|xox|xapp-|A[KSBC]IA|ACCA|aws|AIza|ya29|GOCSPX|eyJ|ar[aoslrtmk]_|whsec_|:\/\/|(?:PASSWORD|PASSWD|SECRET|TOKEN|KEY)=/i;

/** Replaces credentials in a text by `[redacted]`. */
export function redactText(text: string): string {
  if (!MAY_HOLD_SECRET.test(text)) return text;
  // TypeScript takes one of the two ways to call `replace`, and not either.
  return SECRET_SHAPES.reduce((redacted, [shape, by]) => redacted.replace(shape, by as string), text);
}

/** What is said of a failure, cleaned and redacted; null when nothing is. */
export function redactMessage(message: string | null | undefined): string | null {
  return message == null ? null : redactText(cleanText(message));
}

/** Cleans and redacts every string of a JSON value: those under a secret's key whole, the rest by shape. */
export function redactJson<T>(value: T): T {
  return mapJson(
    value,
    (text, key) => {
      if (text !== "" && isSecretKey(key)) return REDACTED;
      return redactText(cleanText(text));
    },
    (key) => redactText(cleanText(key)),
  );
}
