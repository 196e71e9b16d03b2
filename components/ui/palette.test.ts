import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const CSS = readFileSync("app/globals.css", "utf8");

/** A colour of the palette, in light and in dark. */
function colours(name: string): [light: string, dark: string] {
  const [, value = ""] = new RegExp(`--${name}: ([^;]+);`).exec(CSS) ?? [];
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

// What lies under a pointer is seen by no other test: axe looks at pages that nobody touches.
test.each([
  ["on-accent", "accent-fill"],
  ["on-accent", "accent-fill-hover"],
  ["on-accent", "bad-fill"],
  ["on-accent", "bad-fill-hover"],
  ...["ink", "ink-2", "ink-3", "accent", "good", "busy", "warn", "bad"].map((text) => [text, "hover"]),
  ["accent", "accent-soft"],
])("text in %s is readable on %s, in light and in dark", (text = "", ground = "") => {
  const [onLight, onDark] = colours(text);
  const [light, dark] = colours(ground);
  expect(contrast(onLight, light)).toBeGreaterThanOrEqual(4.5);
  expect(contrast(onDark, dark)).toBeGreaterThanOrEqual(4.5);
});
