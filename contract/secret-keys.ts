/**
 * Keys whose string values are secrets, compared without case, `-`, `_`, `.` and spaces. Numbers under them are kept.
 */
const SECRET_KEY =
  /(?:authorization|cookie|password|passwd|passphrase|secret|token|apikey|accesskey|secretkey|privatekey|credential)s?(?:header|value)?$/;

/** Whether the value of a JSON key is a secret, judged by the key's name. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key.toLowerCase().replace(/[-_.\s]/g, ""));
}
