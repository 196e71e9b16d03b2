import fc from "fast-check";
import { expect, test } from "vitest";
import { type ThinkPiece, ThinkSplitter } from "./think";

function split(pieces: string[]): ThinkPiece[] {
  const splitter = new ThinkSplitter();
  const found = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
  const joined: ThinkPiece[] = [];
  for (const { kind, text } of found) {
    const last = joined.at(-1);
    if (last?.kind === kind) last.text += text;
    else joined.push({ kind, text });
  }
  return joined;
}

/** Texts in which tags, halves of tags and white space are frequent. */
const tagged = fc
  .array(fc.constantFrom("<think>", "</think>", "<", "</", "think>", "\n", " ", "a", "é", "🙂", "<think"), {
    maxLength: 12,
  })
  .map((parts) => parts.join(""));

test("splits leading reasoning from the answer, with the text between them", () => {
  expect(split(["<think>\nwhy</think>\n\nbecause"])).toEqual([
    { kind: "reasoning", text: "\nwhy" },
    { kind: "gap", text: "\n\n" },
    { kind: "text", text: "because" },
  ]);
});

test("a tag later in the answer belongs to the answer", () => {
  for (const text of ["write <think>x</think> here", "<thin", "<thinking>x", "</think>x"])
    expect(split([text])).toEqual([{ kind: "text", text }]);
});

test("unterminated reasoning is all reasoning", () => {
  expect(split(["<think>on and on </thin"])).toEqual([{ kind: "reasoning", text: "on and on </thin" }]);
});

test("splits a text the same way for any chunking, and loses nothing", () => {
  fc.assert(
    fc.property(tagged, fc.array(fc.nat(40), { maxLength: 8 }), (text, cuts) => {
      const at = [...new Set(cuts.map((cut) => Math.min(cut, text.length)))].sort((a, b) => a - b);
      const pieces = [...at, text.length].map((end, index) => text.slice(index === 0 ? 0 : at[index - 1], end));
      const parted = split(pieces);
      expect(parted).toEqual(split([text]));
      const [, reasoning = "", rest = text] = /^\s*<think>([\s\S]*?)(?:<\/think>([\s\S]*))?$/.exec(text) ?? [];
      const hasEnd = /^\s*<think>[\s\S]*<\/think>/.test(text);
      const isOpen = /^\s*<think>/.test(text) && !hasEnd;
      const told = (kinds: string[]) => parted.flatMap(({ kind, text: part }) => (kinds.includes(kind) ? part : []));
      expect(told(["reasoning"]).join("")).toBe(reasoning);
      expect(told(["gap", "text"]).join("")).toBe(isOpen ? "" : rest);
    }),
  );
});
