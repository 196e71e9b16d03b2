import { expect, test } from "vitest";
import { BULK_ACTIONS, BULK_CONFIRMED, BULK_KINDS, BULK_UNDO } from "@/contract/words";
import { progressWordsOf } from "./progress-words";
import { QUESTIONS } from "./questions";
import { verbsOf } from "./verbs";

/** What the keys of every list mean already, and those that begin a sequence. */
const TAKEN = ["x", "J", "K", "*", "j", "k", " ", "=", "z", ".", "/", "?", "g", "t", "o", "D"];

test("every action of every kind has its own label and key", () => {
  for (const kind of BULK_KINDS) {
    const verbs = verbsOf(kind);
    expect(verbs.map(([verb]) => verb).sort(), kind).toEqual([...BULK_ACTIONS[kind]].sort());
    for (const [verb] of verbs) expect(progressWordsOf(kind, verb).done, `${kind}: ${verb}`).not.toBe(verb);
    const keys = verbs.map(([, words]) => words.keys);
    expect(new Set(keys).size, kind).toBe(keys.length);
    for (const key of keys) expect(TAKEN, `${kind}: ${key}`).not.toContain(key);
  }
});

test("actions without confirmation can be undone by another action; all others ask", () => {
  for (const kind of BULK_KINDS)
    for (const [verb, { isAtOnce }] of verbsOf(kind)) {
      const what = `${kind}: ${verb}`;
      if (isAtOnce === true) expect(BULK_ACTIONS[kind], what).toContain(BULK_UNDO[verb]);
      else expect(QUESTIONS[kind][verb]?.consequence, what).toEqual(expect.any(String));
    }
});

test("what deletes something is confirmed by a number, and the dialog says of what", () => {
  for (const kind of BULK_KINDS)
    for (const verb of BULK_ACTIONS[kind]) {
      const isConfirmed = BULK_CONFIRMED.includes(verb);
      expect(QUESTIONS[kind][verb]?.confirmation !== undefined, `${kind}: ${verb}`).toBe(isConfirmed);
      if (isConfirmed) expect(BULK_UNDO[verb]).toBeUndefined();
    }
});
