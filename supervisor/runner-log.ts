import type { LogLine } from "@/contract/run-job";

const LINES_MAX = 2_000;
const CHARS_MAX = 256 * 1024;
const LINE_MAX = 4_000;

/** The end of a runner's output, in memory. Older lines are dropped, however much it writes. */
export interface RunnerLog {
  add(line: string): void;
  read(): { lines: LogLine[]; isCut: boolean };
}

export function createRunnerLog(): RunnerLog {
  const lines: LogLine[] = [];
  let chars = 0;
  let isCut = false;
  return {
    add(line) {
      const text = line.length <= LINE_MAX ? line : `${line.slice(0, LINE_MAX)}… (${line.length - LINE_MAX} more)`;
      lines.push({ at: new Date().toISOString(), text });
      chars += text.length;
      while (lines.length > LINES_MAX || chars > CHARS_MAX) {
        chars -= lines.shift()?.text.length ?? 0;
        isCut = true;
      }
    },
    read: () => ({ lines: [...lines], isCut }),
  };
}
