import { expect, test } from "vitest";
import { encodeWaitKey, parseWaitKey, SESSION_NOTE_PREFIX, type WaitKey } from "@/db/queries/queue/wait-key";

const NAMES = ["plain", "", 'a "quoted" name', '","', "[]", "a\\b", "line\nbreak", "ünïcode", "\ud800"];

function makeKeys(name: string): WaitKey[] {
  return [
    { kind: "session", sessionId: name },
    { kind: "budget", budgetId: name },
    { kind: "backend", profile: name },
    { kind: "key", tenantId: "t", queue: name, key: "k" },
    { kind: "key", tenantId: "t", queue: "q", key: name },
  ];
}

test("a note parses back to its key, and no two keys share one", () => {
  const keys = NAMES.flatMap(makeKeys);
  const notes = keys.map(encodeWaitKey);
  expect(notes.map(parseWaitKey)).toEqual(keys);
  expect(new Set(notes).size).toBe(keys.length);
});

test("stored notes keep their form", () => {
  expect(encodeWaitKey({ kind: "session", sessionId: "ses_1" })).toBe('["session","ses_1"]');
  expect(encodeWaitKey({ kind: "budget", budgetId: "bud_1" })).toBe('["budget","bud_1"]');
  expect(encodeWaitKey({ kind: "backend", profile: "codex" })).toBe('["backend","codex"]');
  expect(encodeWaitKey({ kind: "key", tenantId: "t", queue: "q", key: "k" })).toBe('["key","t","q","k"]');
});

test("the prefix matches notes of sessions and no others", () => {
  const found = NAMES.flatMap(makeKeys).filter((key) => encodeWaitKey(key).startsWith(SESSION_NOTE_PREFIX));
  expect(found).toHaveLength(NAMES.length);
  expect(found.every(({ kind }) => kind === "session")).toBe(true);
});

test("a note of another form has no key", () => {
  for (const note of ["{}", "1", '"session"', "[]", '["session"]', '["session",1]', '["key","t","q"]', '["place","t"]'])
    expect(parseWaitKey(note)).toBeNull();
  expect(() => parseWaitKey("session")).toThrow(SyntaxError);
});
