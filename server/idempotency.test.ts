import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "./idempotency";

/** What stored hashes were made of, computed by JSON.stringify alone. */
function asStored(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}

test("canonical JSON equals the form in which stored hashes were made", () => {
  const key = fc.oneof(
    fc.string(),
    fc.nat().map(String),
    fc.constantFrom("__proto__", "b", "a", "10", "9", "01", "1e3"),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      fc.jsonValue(),
      fc.constant(undefined),
      fc.array(tie("tree")),
      fc.dictionary(key, tie("tree")),
    ),
  }));
  fc.assert(fc.property(fc.dictionary(key, tree), (value) => canonicalJson(value) === asStored(value)));
});

test("ignores the order of keys, and writes a date as its text", () => {
  expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: new Date(0) })).toBe(
    '{"a":"1970-01-01T00:00:00.000Z","b":[{"d":1}]}',
  );
});
