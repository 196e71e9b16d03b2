import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const CSS = readFileSync("app/globals.css", "utf8");

type Palette = ReadonlyMap<string, string>;

/** The tokens that are set between a selector and the brace that closes it, by their names. */
function tokensOf(selector: string): Palette {
  const [, block = ""] = CSS.split(selector);
  const lines = block.slice(0, block.indexOf("}")).matchAll(/--([\w-]+): ([^;]+);/g);
  return new Map(Array.from(lines, ([, name = "", value = ""]) => [name, value]));
}

const PLAIN = tokensOf(":root {\n  color-scheme: light dark;");
const MORE_CONTRAST = tokensOf("@media (prefers-contrast: more) {\n  :root {");
const CONTRAST = tokensOf('[data-theme="contrast"] {');

/** What each look may at least have between a word and what it stands on: AA of WCAG 2, and AAA where contrast is all. */
const LOOKS: [look: string, palette: Palette, atLeast: number][] = [
  ["plain", PLAIN, 4.5],
  ["asked for more contrast", new Map([...PLAIN, ...MORE_CONTRAST]), 4.5],
  ["high contrast", new Map([...PLAIN, ...CONTRAST]), 7],
];

/** A colour of a palette, in light and in dark. */
function colours(palette: Palette, name: string): [light: string, dark: string] {
  const value = palette.get(name) ?? "";
  const [, other] = /^var\(--([\w-]+)\)$/.exec(value) ?? [];
  if (other !== undefined) return colours(palette, other);
  const [light = "", dark = light] = value.match(/#[0-9a-f]{6}/g) ?? [];
  return [light, dark];
}

/** As WCAG 2 has it. */
function luminance(colour: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = channels.map((value) =>
    value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((left, right) => right - left);
  return (light + 0.05) / (dark + 0.05);
}

const TEXTS = ["ink", "ink-2", "ink-3", "accent", "good", "busy", "warn", "bad"];
const SOFT = ["accent-soft", "good-soft", "busy-soft", "warn-soft", "bad-soft"];
const GROUNDS = ["canvas", "panel", "raised", "sunken", "hover", "code", ...SOFT];
const FILLS = ["accent-fill", "accent-fill-hover", "bad-fill", "bad-fill-hover"];
const PAIRS = [
  ...TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground])),
  ...FILLS.map((fill) => ["on-accent", fill]),
];

// axe looks at each page in some of the looks only, and at none that somebody points at.
test.each(LOOKS)("every word is readable on whatever it can stand on: %s", (_look, palette, atLeast) => {
  const tooClose = PAIRS.flatMap(([text = "", ground = ""]) => {
    const [onLight, onDark] = colours(palette, text);
    const [light, dark] = colours(palette, ground);
    const least = Math.min(contrast(onLight, light), contrast(onDark, dark));
    return least >= atLeast ? [] : [`${text} on ${ground}: ${least.toFixed(2)}`];
  });
  expect(tooClose).toEqual([]);
});

test("each look has a palette of its own", () => {
  for (const [look, palette] of LOOKS) expect(palette.get("ink-3"), look).toBeDefined();
  expect(MORE_CONTRAST.has("ink-3")).toBe(true);
  expect(CONTRAST.has("ink-3")).toBe(true);
});
