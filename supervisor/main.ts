import path from "node:path";
import { readSupervisorConfig } from "./env";
import { supervise } from "./supervise";

/** npm passes on a signal that the terminal has already sent to the whole group: within this time both count as one. */
const SAME_SIGNAL_MS = 1_000;

const stop = new AbortController();
let firstSignalAt: number | null = null;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    const now = Date.now();
    firstSignalAt ??= now;
    stop.abort();
    // The pipes close with this process, and its children then end themselves.
    if (now - firstSignalAt > SAME_SIGNAL_MS) process.exit(1);
  });
}

const here = import.meta.dirname;
const programs = {
  web: path.join(here, "web.mjs"),
  worker: path.join(here, "worker.mjs"),
  runner: path.join(here, "runner.mjs"),
  distDir: path.relative(path.resolve(here, "..", ".."), path.join(here, "next")),
};

try {
  await supervise(readSupervisorConfig(), programs, stop.signal);
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
