import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "./line-splitter";

function split(chunks: Uint8Array[], lineMaxBytes = 1_000_000) {
  const lines: string[] = [];
  let tooLong = 0;
  const splitter = new LineSplitter({ lineMaxBytes, onLine: (line) => lines.push(line), onTooLong: () => tooLong++ });
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  return { lines, tooLong };
}

test("returns whole lines for any chunking, split only at 0x0A", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme", minLength: 1 })),
      fc.array(fc.nat(40), { maxLength: 30 }),
      (texts, cuts) => {
        const lines = texts.map((text) => JSON.stringify({ text, separators: "\u2028\u2029\r" }));
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        const chunks: Buffer[] = [];
        let start = 0;
        for (const cut of cuts) {
          chunks.push(bytes.subarray(start, start + cut));
          start += cut;
        }
        chunks.push(bytes.subarray(start));
        expect(split(chunks).lines).toEqual(lines);
      },
    ),
  );
});

test("drops a line above the limit, and reads the next one", () => {
  expect(split([Buffer.from(`${"x".repeat(50)}\nshort\n`)], 10)).toEqual({ lines: ["short"], tooLong: 1 });
  expect(split([Buffer.from("x".repeat(8)), Buffer.from("x".repeat(8)), Buffer.from("\nshort\n")], 10)).toEqual({
    lines: ["short"],
    tooLong: 1,
  });
});
