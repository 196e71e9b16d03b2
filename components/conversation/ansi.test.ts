import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAnsi } from "./ansi";

const brief = (output: string) => parseAnsi(output).map((span) => [span.text, span.color, span.isBold]);

test("colours and weight start and end where the sequences say", () => {
  expect(brief("a \u001b[31mred \u001b[1mbold\u001b[0m plain")).toEqual([
    ["a ", null, false],
    ["red ", "red", false],
    ["bold", "red", true],
    [" plain", null, false],
  ]);
  expect(brief("\u001b[1;32;48;5;22mx\u001b[39m\u001b[22my")).toEqual([
    ["x", "green", true],
    ["y", null, false],
  ]);
});

test("256 colours and true colours become the nearest of the eight", () => {
  expect(brief("\u001b[38;5;196mr\u001b[38;2;20;200;40mg\u001b[38;5;250mw")).toEqual([
    ["r", "red", false],
    ["g", "green", false],
    ["w", "white", false],
  ]);
});

test("drops titles and cursor movement, reveals stray controls, and keeps markup as text", () => {
  expect(brief("\u001b]0;title\u0007\u001b[2J\u001b[?25l<b>ok</b>")).toEqual([["<b>ok</b>", null, false]]);
  expect(brief("a\u0000\u0007\u007f\u0008b\u202ec")).toEqual([["a\\u{0}\\u{7}\\u{7f}\\u{8}b\\u{202e}c", null, false]]);
  expect(brief("a\u001b\u001b[31mb")).toEqual([
    ["a\\u{1b}", null, false],
    ["b", "red", false],
  ]);
});

test("a line rewritten by carriage returns shows its last state", () => {
  expect(
    parseAnsi("10%\r50%\r100%\nnext\r\n")
      .map((span) => span.text)
      .join(""),
  ).toBe("100%\nnext\n");
});

test("no output keeps a control character", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("\u001b", "[", "]", "m", "3", ";", "\u0007", "a", "\r", "\n", "\u0000") }),
      (output) => {
        const text = parseAnsi(output)
          .map((span) => span.text)
          .join("");
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may be left.
        expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
      },
    ),
  );
});
