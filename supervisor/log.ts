import { createWriteStream, fstatSync, openSync, renameSync, type WriteStream } from "node:fs";
import { copyFile, stat, truncate } from "node:fs/promises";
import path from "node:path";

export interface Log {
  /** Logs a line of the supervisor's own, for the person who started it. */
  print(line: string): void;
  /** Logs a line that a child wrote. */
  printChildLine(name: string, line: string): void;
}

export const LOG_FILE = "agentrun.log";
const FILE_SIZE_MAX_BYTES = 20 * 1024 * 1024;

/** The beginning of children's routine lines. */
const ROUTINE_LINE = /^\{"level":"(?:info|debug|trace)"/;

/**
 * Opens the log. Everything goes to `logs/agentrun.log`, of which one older file is kept, and to the terminal. The
 * terminal gets children's routine lines only with `showsDetails`: whoever starts the product looks for its address
 * there.
 */
export function openLog(
  logsDir: string,
  { showsDetails, terminal = process.stdout, sizeMaxBytes = FILE_SIZE_MAX_BYTES }: LogOptions,
): Log {
  const append = openFile(path.join(logsDir, LOG_FILE), sizeMaxBytes);
  // A closed terminal must not end the agents.
  terminal.on("error", () => undefined);
  const write = (line: string, isShown: boolean) => {
    if (isShown) terminal.write(`${line}\n`);
    append(`${line}\n`);
  };
  return {
    print: (line) => write(line, true),
    printChildLine: (name, line) => write(`${name.padEnd(8)}| ${line}`, showsDetails || !ROUTINE_LINE.test(line)),
  };
}

type LogOptions = { showsDetails: boolean; terminal?: NodeJS.WritableStream; sizeMaxBytes?: number };

/** Appends to a file, which is renamed whenever it has grown too large. */
function openFile(file: string, sizeMaxBytes: number): (text: string) => void {
  let { stream, sizeBytes } = open(file);
  return (text) => {
    if (sizeBytes > sizeMaxBytes) {
      sizeBytes = 0;
      try {
        renameSync(file, `${file}.1`);
        const old = stream;
        ({ stream, sizeBytes } = open(file));
        old.end();
      } catch {
        // Writing continues to the same file; the rename is tried again after as many bytes.
      }
    }
    sizeBytes += Buffer.byteLength(text);
    stream.write(text);
  };
}

function open(file: string): { stream: WriteStream; sizeBytes: number } {
  const fd = openSync(file, "a", 0o600);
  const stream = createWriteStream(file, { fd });
  // A full disk must not end the agents either.
  stream.on("error", () => undefined);
  return { stream, sizeBytes: fstatSync(fd).size };
}

/** For a log that another process has open for appending: moves its content aside by copying it. */
export async function rotateLog(file: string, sizeMaxBytes = FILE_SIZE_MAX_BYTES): Promise<void> {
  if ((await stat(file)).size <= sizeMaxBytes) return;
  await copyFile(file, `${file}.1`);
  await truncate(file);
}
