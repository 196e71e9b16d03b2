import { revealHidden } from "@/components/ui/hidden-characters";

const COLORS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
export type AnsiColor = (typeof COLORS)[number];
export type AnsiSpan = {
  text: string;
  color: AnsiColor | null;
  isBold: boolean;
  isDim: boolean;
  isItalic: boolean;
  isUnderlined: boolean;
};

type Style = Omit<AnsiSpan, "text">;
const PLAIN: Style = { color: null, isBold: false, isDim: false, isItalic: false, isUnderlined: false };

const SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what it looks for.
  /\u001b\[([0-9;:]*)m|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b\[[0-?]*[ -/]*[@-~]|\u001b[@-_]/g;

/**
 * A command's output as styled spans. Colours become the nearest of eight that keep their contrast in both themes;
 * backgrounds, cursor movement, titles and links are left out, and a line rewritten by carriage returns shows its last state.
 * Whatever else a terminal would act upon is written out.
 */
export function parseAnsi(output: string): AnsiSpan[] {
  const text = output
    .replace(/\r+\n/g, "\n")
    .replace(/[^\n]*\r(?=[^\n])/g, "")
    .replace(/\r/g, "");
  const spans: AnsiSpan[] = [];
  let style = PLAIN;
  let from = 0;
  const push = (raw: string) => {
    if (raw !== "") spans.push({ text: revealHidden(raw), ...style });
  };
  for (const match of text.matchAll(SEQUENCE)) {
    push(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[1] !== undefined) style = applyCodes(style, match[1]);
  }
  push(text.slice(from));
  return spans;
}

function applyCodes(style: Style, codes: string): Style {
  const numbers = codes.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  let next = style;
  for (let index = 0; index < numbers.length; index += 1) {
    const code = numbers[index] ?? 0;
    if (code === 38 || code === 48) {
      const [color, used] = extendedColor(numbers.slice(index + 1));
      index += used;
      if (code === 38) next = { ...next, color };
    } else next = applyCode(next, code);
  }
  return next;
}

function applyCode(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, isBold: true };
  if (code === 2) return { ...style, isDim: true };
  if (code === 3) return { ...style, isItalic: true };
  if (code === 4) return { ...style, isUnderlined: true };
  if (code === 22) return { ...style, isBold: false, isDim: false };
  if (code === 23) return { ...style, isItalic: false };
  if (code === 24) return { ...style, isUnderlined: false };
  if (code === 39) return { ...style, color: null };
  if (code >= 30 && code <= 37) return { ...style, color: COLORS[code - 30] ?? null };
  if (code >= 90 && code <= 97) return { ...style, color: COLORS[code - 90] ?? null };
  return style;
}

/** A colour out of 256 or of three bytes, and how many numbers it took. */
function extendedColor(numbers: number[]): [AnsiColor | null, number] {
  if (numbers[0] === 2) return [nearest(numbers[1] ?? 0, numbers[2] ?? 0, numbers[3] ?? 0), 4];
  const index = numbers[1] ?? 0;
  if (numbers[0] !== 5) return [null, 1];
  if (index < 16) return [COLORS[index % 8] ?? null, 2];
  if (index >= 232) return [index < 244 ? "black" : "white", 2];
  const level = (step: number) => (Math.floor((index - 16) / step) % 6) * 51;
  return [nearest(level(36), level(6), level(1)), 2];
}

function nearest(red: number, green: number, blue: number): AnsiColor {
  const max = Math.max(red, green, blue);
  const min = Math.min(red, green, blue);
  if (max - min < 40) return max < 128 ? "black" : "white";
  const middle = (max + min) / 2;
  const channels = (red > middle ? 1 : 0) | (green > middle ? 2 : 0) | (blue > middle ? 4 : 0);
  return COLORS[channels] ?? "white";
}
