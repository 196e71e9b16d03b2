/**
 * What a task can be noted as waiting for by itself, in the column `blocked_on`. Tasks that wait for the same thing have
 * the same note.
 */
export type WaitKey =
  | { kind: "session"; sessionId: string }
  | { kind: "budget"; budgetId: string }
  /** `key` is the concurrency key, or its digest where the key is long. */
  | { kind: "key"; tenantId: string; queue: string; key: string }
  | { kind: "backend"; profile: string };

/** What the note of each session begins with: such notes are one range of the column's index. */
export const SESSION_NOTE_PREFIX = '["session",';

/** Returns the note as it is stored: unambiguous, whatever characters the names hold. */
export function encodeWaitKey(key: WaitKey): string {
  return JSON.stringify([key.kind, ...listNames(key)]);
}

function listNames(key: WaitKey): string[] {
  switch (key.kind) {
    case "session":
      return [key.sessionId];
    case "budget":
      return [key.budgetId];
    case "key":
      return [key.tenantId, key.queue, key.key];
    case "backend":
      return [key.profile];
  }
}

/** Reads a stored note; null: it names nothing that a task can wait for. Throws SyntaxError when it is not JSON. */
export function parseWaitKey(note: string): WaitKey | null {
  const read: unknown = JSON.parse(note);
  if (!Array.isArray(read) || !read.every((part) => typeof part === "string")) return null;
  const [kind, first, second, third] = read;
  if (first === undefined) return null;
  if (kind === "session") return { kind, sessionId: first };
  if (kind === "budget") return { kind, budgetId: first };
  if (kind === "backend") return { kind, profile: first };
  if (kind !== "key" || second === undefined || third === undefined) return null;
  return { kind, tenantId: first, queue: second, key: third };
}
