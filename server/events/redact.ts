import { isSecretKey } from "@/contract/secret-keys";
import { cleanText, mapJson } from "@/contract/text";

export const REDACTED = "[redacted]";

/**
 * Shapes of credentials inside text. Sources: each provider's own documentation of its token prefixes.
 * Every alternative is bounded, or begins where a run of its characters does, so that no input makes matching slow.
 */
const SECRET_SHAPES: readonly (readonly [RegExp, string] | readonly [RegExp, Replacer])[] = [
  [
    /\b(authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:apikey|basic|bearer|token)\s{1,4})([^\s"',;]+)/gi,
    redactIf(isLiteral),
  ],
  [/\b((?:set-)?cookie:\s{0,4})[^\s=;,"']{1,128}=[^\r\n"']{1,4096}/gi, `$1${REDACTED}`],
  [/\b((?:private-token|api-?key|auth-token)["']?\s{0,4}:\s{0,4}["']?)([^\s"',;]{8,})/gi, redactIf(isLiteralWithDigit)],
  [/\b(Bearer\s+)([A-Za-z0-9+/=._~-]{6,})/gi, redactIf(isBearerToken)],
  [/\b(Basic\s+)([A-Za-z0-9+/]{4,}={0,2})/gi, redactIf(isUserAndPassword)],
  [/\b()(sk-[A-Za-z0-9_-]{16,})/g, redactIf(isKey)], // OpenAI, Anthropic and those that copy them
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g, REDACTED],
  [/\bgl(?:pat|ptt|dt|rt|oas|ft|soat|agent|cbt|imt|ffct)-[A-Za-z0-9_-]{16,}/g, REDACTED],
  [/\bx(?:ox[a-eoprs]|app)-[A-Za-z0-9%-]{10,}/g, REDACTED], // Slack
  [/\b(hooks\.slack\.com\/(?:services|triggers|workflows)\/)[A-Za-z0-9/_-]{8,}/g, `$1${REDACTED}`],
  [/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g, REDACTED],
  [/\b(aws_?secret_?access_?key["']?\s{0,4}[=:]\s{0,4}["']?)[A-Za-z0-9/+=]{40}/gi, `$1${REDACTED}`],
  [/\b(?:AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,})/g, REDACTED], // Google
  [/(?<![\w-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g, REDACTED], // JWT
  [/\b(?:npm_[A-Za-z0-9]{36}|hf_[A-Za-z0-9]{30,64}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,128})\b/g, REDACTED], // Stripe last
  [/\bpypi-[A-Za-z0-9_-]{50,}/g, REDACTED],
  [/\bar[aosdlrtmk]_[A-Za-z0-9_-]{32,}/g, REDACTED], // AgentRun's own
  [/\bwhsec_[A-Za-z0-9+/=]{24,}/g, REDACTED], // webhook signing secrets of any sender
  // The last @ is the one before the host, because a password may hold others. Digits followed by ?, # or a comma are a
  // port, not a password.
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{0,256}:)(?!\d{1,5}[?#,])[^\s/"'<>]{1,256}@/gi, `$1${REDACTED}@`],
  [
    /([?&](?:password|passwd|pwd|(?:client_)?secret|(?:access_|refresh_|id_)?token|api_?key|x-(?:amz|goog)-signature)=)([^&\s"'#]{4,})/gi,
    redactIf(isLiteral),
  ],
  [/(\bcurl(?=\s)[^\r\n|;]{0,512}?\s(?:-u|--user)[\s=]["']?[^\s:"']{1,128}:)([^\s"']+)/g, redactIf(isLiteral)],
  [/(--(?:password|passwd|secret|token|access-token|api-key)=["']?)([^\s"']{6,})/g, redactIf(isLiteral)],
  [
    /\b([A-Z0-9_]{0,64}(?:PASSWORD|PASSWD|SECRET|TOKEN|API_KEY|ACCESS_KEY)=)("(?:[^"\\\r\n]|\\.){1,4096}"|'[^'\r\n]{1,4096}'|["']?[^\s"']{6,})/g,
    redactIf(isLiteral),
  ],
  // In JSON that a command has printed.
  [
    /("[\w.-]{0,64}(?:password|passwd|secret|token|api_?key|access_?key)"\s{0,4}:\s{0,4}")([^"\\\s]{8,4096})/gi,
    redactIf(isLiteralWithDigit),
  ],
];

/** Decides whether a match is a credential, or a plain word or code that stands where a credential may. */
type Replacer = (whole: string, before: string, value: string) => string;
function redactIf(isSecret: (value: string) => boolean): Replacer {
  return (whole, before, value) => (isSecret(value) ? `${before}${REDACTED}` : whole);
}

/** Whether a value is neither a reference such as a variable or a placeholder, nor a short number. */
function isLiteral(value: string): boolean {
  return !/^["']?(?:[$<{[]|%[A-Z]|process\.env|os\.environ|\d{1,9}["';,)]*$)/.test(value);
}

/** Whether a value holds a digit, as people's words do not. */
function isLiteralWithDigit(value: string): boolean {
  return /\d/.test(value) && isLiteral(value);
}

/** Words that follow “bearer” in prose: authentication, credentials, tokens … */
const WORDS_AFTER_BEARER =
  /^(?:access|auth|capabilit|cert|challenge|cookie|credential|format|header|instrument|prefix|protocol|request|require|respon|scheme|securit|string|support|token|type|undefined|value)[a-z]{0,12}(?:[-/][a-z]+){0,3}[.,]?$/i;

function isBearerToken(value: string): boolean {
  if (/\d/.test(value)) return true;
  return value.length >= 8 && !WORDS_AFTER_BEARER.test(value);
}

/**
 * Whether this is base64 of a name, a colon and a password (RFC 7617). With padding, the bytes may be UTF-8 or Latin-1;
 * without padding, only UTF-8 counts.
 */
function isUserAndPassword(value: string): boolean {
  const bytes = Buffer.from(value, "base64");
  const readings = value.endsWith("=") ? [bytes.toString("utf8"), bytes.toString("latin1")] : [bytes.toString("utf8")];
  return readings.some((pair) => /^[^\p{Cc}\ufffd]*:[^\p{Cc}\ufffd]*$/u.test(pair));
}

/**
 * Tells a key from words such as sk-learn-pipelines: a key has a digit, a capital within, or more lower-case letters in
 * a row than words have.
 */
function isKey(value: string): boolean {
  return /\d|[A-Za-z][A-Z]|[a-z]{14}/.test(value);
}

const KEY_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const KEY_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
/** The headers and lines of a private key that was cut off before its end. */
const KEY_LINES = /(?:(?:\s|\\r|\\n)+(?:[A-Za-z0-9-]{1,64}: [^\r\n]*|[A-Za-z0-9+/=]{16,}))*/y;

/**
 * Redacts private keys as a whole. Of one without an end it redacts what looks like its lines, so that a mere mention
 * removes no text.
 */
function withoutPrivateKeys(text: string): string {
  let output = "";
  let from = 0;
  for (KEY_BEGIN.lastIndex = 0; ; ) {
    const begin = KEY_BEGIN.exec(text);
    if (begin === null) return output + text.slice(from);
    const body = begin.index + begin[0].length;
    KEY_END.lastIndex = body;
    KEY_LINES.lastIndex = body;
    const to = KEY_END.exec(text) === null ? endOf(KEY_LINES, text, body) : KEY_END.lastIndex;
    output += `${text.slice(from, begin.index)}${to > body ? REDACTED : begin[0]}`;
    from = to;
    KEY_BEGIN.lastIndex = to;
  }
}

function endOf(pattern: RegExp, text: string, from: number): number {
  return pattern.exec(text) === null ? from : pattern.lastIndex;
}

/**
 * A cheap first check that most text fails. Without one of these no shape above can match, except a URL without its
 * scheme.
 */
const MAY_HOLD_SECRET =
  /-----BEGIN|bearer|basic|authorization|cookie:|sk-|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|xox|xapp-|A[KSBC]IA|ACCA|aws|AIza|ya29|GOCSPX|eyJ|npm_|hf_|[sr]k_|pypi-|ar[aosdlrtmk]_|whsec_|curl|:\/\/|(?:PASSWORD|PASSWD|SECRET|TOKEN|KEY)["']?\s{0,4}[=:]/i;

/** Replaces credentials in a text by `[redacted]`. */
export function redactText(text: string): string {
  if (!MAY_HOLD_SECRET.test(text)) return text;
  const keyless = text.includes("-----BEGIN") ? withoutPrivateKeys(text) : text;
  // TypeScript accepts either overload of `replace`, but not their union.
  return SECRET_SHAPES.reduce((redacted, [shape, by]) => redacted.replace(shape, by as string), keyless);
}

/** Cleans and redacts a failure's message; null when there is none. */
export function redactMessage(message: string | null | undefined): string | null {
  return message == null ? null : redactText(cleanText(message));
}

/** Cleans and redacts every string of a JSON value: the whole string under a secret's key, else by shape. */
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
