import { isSecretKey } from "@/contract/secret-keys";
import { cleanText, mapJson } from "@/contract/text";

export const REDACTED = "[redacted]";

/**
 * Shapes of credentials inside text. Sources: each provider's own documentation of its token prefixes.
 * Every alternative is bounded or anchored on a literal, so that no input makes matching slow.
 */
const SECRET_SHAPES: readonly [RegExp, string][] = [
  [/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/g, REDACTED],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{8,}/gi, `$1 ${REDACTED}`],
  [/\bsk-[A-Za-z0-9_-]{16,}/g, REDACTED], // OpenAI, Anthropic and those that copy them
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g, REDACTED],
  [/\bgl(?:pat|ptt|dt|rt|oas|ft|soat|agent|cbt|imt|ffct)-[A-Za-z0-9_-]{16,}/g, REDACTED],
  [/\bx(?:ox[abeoprs]|app)-[A-Za-z0-9-]{10,}/g, REDACTED], // Slack
  [/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g, REDACTED],
  [/\b(aws_?secret_?access_?key["']?\s{0,4}[=:]\s{0,4}["']?)[A-Za-z0-9/+=]{40}/gi, `$1${REDACTED}`],
  [/\b(?:AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,})/g, REDACTED], // Google
  [/\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g, REDACTED], // JWT
  [/\bar[aoslrtmk]_[A-Za-z0-9_-]{32,}/g, REDACTED], // AgentRun's own
  [/\bwhsec_[A-Za-z0-9+/=]{24,}/g, REDACTED], // what webhooks are signed with, by any sender
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{0,256}:)[^\s/@]{1,256}@/gi, `$1${REDACTED}@`],
  [/\b([A-Z0-9_]{0,64}(?:PASSWORD|PASSWD|SECRET|TOKEN|API_KEY|ACCESS_KEY)=)["']?[^\s"']{6,}["']?/g, `$1${REDACTED}`],
];

/** A cheap look that most text fails: without one of these, no shape above can match. */
const MAY_HOLD_SECRET =
  /-----BEGIN|bearer|basic|sk-|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|xox|xapp-|A[KSBC]IA|ACCA|aws|AIza|ya29|GOCSPX|eyJ|ar[aoslrtmk]_|whsec_|:\/\/|(?:PASSWORD|PASSWD|SECRET|TOKEN|KEY)=/i;

/** Replaces credentials in a text by `[redacted]`. */
export function redactText(text: string): string {
  if (!MAY_HOLD_SECRET.test(text)) return text;
  return SECRET_SHAPES.reduce((redacted, [shape, replacement]) => redacted.replace(shape, replacement), text);
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
