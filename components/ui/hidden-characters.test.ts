import { expect, test } from "vitest";
import { revealHidden, revealHiddenInName } from "./hidden-characters";

test("reveals invisible and reordering characters, and keeps everything else", () => {
  expect(revealHiddenInName("src/a b/naïve-日本.ts")).toBe("src/a b/naïve-日本.ts");
  expect(revealHiddenInName("exe.\u202etxt\u0000\u200b\n\u00a0\ud800")).toBe(
    "exe.\\u{202e}txt\\u{0}\\u{200b}\\u{a}\\u{a0}\\u{d800}",
  );
});

test("multi-line text keeps its lines, letters and emoji, and reveals deceptive characters", () => {
  const honest = "two\r\nlines\tand naïve 日本 שלום \u{1f469}\u200d\u{1f4bb} e\u0301";
  expect(revealHidden(honest)).toBe(honest);
  expect(revealHidden("rm \u202egpj.exe\u202c \u0007\u001b[31m \u2066x\u2069 a\u200bb")).toBe(
    "rm \\u{202e}gpj.exe\\u{202c} \\u{7}\\u{1b}[31m \\u{2066}x\\u{2069} a\\u{200b}b",
  );
  for (const hidden of ["\u061c", "\u200e", "\u200f", "\u00ad", "\u180e", "\u2028", "\u3164", "\ufff9", "\u{e0041}"])
    expect(revealHidden(`a${hidden}b`), hidden).toBe(`a\\u{${hidden.codePointAt(0)?.toString(16)}}b`);
});
