import { expect, test } from "vitest";
import { showHidden } from "./hidden-text";

test("what cannot be seen, or turns what can, is written out; everything else stays", () => {
  expect(showHidden("src/a b/naïve-日本.ts")).toBe("src/a b/naïve-日本.ts");
  expect(showHidden("exe.\u202etxt\u0000\u200b\n\u00a0\ud800")).toBe(
    "exe.\\u{202e}txt\\u{0}\\u{200b}\\u{a}\\u{a0}\\u{d800}",
  );
});
