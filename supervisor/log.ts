import { createWriteStream, existsSync, renameSync, statSync } from "node:fs";
import path from "node:path";

export interface Log {
  /** A line of the supervisor's own, for the person who started it. */
  say(line: string): void;
  /** A line that a child wrote. */
  from(name: string, line: string): void;
}

const FILE_SIZE_MAX_BYTES = 20 * 1024 * 1024;

/** Everything goes to the terminal and to `logs/agentrun.log`, of which one older file is kept. */
export function openLog(logsDir: string, terminal: NodeJS.WritableStream = process.stdout): Log {
  const file = path.join(logsDir, "agentrun.log");
  if (existsSync(file) && statSync(file).size > FILE_SIZE_MAX_BYTES) renameSync(file, `${file}.1`);
  const stream = createWriteStream(file, { flags: "a", mode: 0o600 });
  // A full disk or a closed terminal must not end the agents.
  stream.on("error", () => undefined);
  terminal.on("error", () => undefined);
  const write = (line: string) => {
    terminal.write(`${line}\n`);
    stream.write(`${line}\n`);
  };
  return {
    say: write,
    from: (name, line) => write(`${name.padEnd(8)}| ${line}`),
  };
}
