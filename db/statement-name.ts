import { createHash } from "node:crypto";

/** Names a prepared statement by its text alone, so that a connection never has one name for two texts. */
export function statementName(text: string): string {
  return `agentrun-${createHash("sha256").update(text).digest("base64url").slice(0, 16)}`;
}
