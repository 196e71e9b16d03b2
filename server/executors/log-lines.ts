import type { LogLine } from "@/contract/run-job";

const LINE_MAX = 4_000;
/** The maximum length of one answer, in UTF-16 units. */
const TEXT_MAX = 256 * 1024;

/** Returns the last lines, within the limits of their number and length. */
export function lastLines(lines: readonly LogLine[], max: number): { lines: LogLine[]; isCut: boolean } {
  const kept: LogLine[] = [];
  let chars = 0;
  for (let index = lines.length - 1; index >= 0 && kept.length < max; index -= 1) {
    const line = lines[index] as LogLine;
    const text = cutLine(line.text);
    chars += text.length;
    if (chars > TEXT_MAX) break;
    kept.push({ at: line.at, text });
  }
  return { lines: kept.reverse(), isCut: kept.length < lines.length };
}

/** Shortens a long line and notes how much was left out. */
export function cutLine(text: string): string {
  return text.length <= LINE_MAX ? text : `${text.slice(0, LINE_MAX)}… (${text.length - LINE_MAX} more)`;
}
