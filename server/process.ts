import type { Logger } from "pino";
import { EXIT_UNUSABLE_DATABASE, isUnusableDatabase } from "./migrate";

const STOP_DEADLINE_MS = 4_500;

/** Whether a supervisor started this process, which then ends with it and only on its orders. */
export function isSupervised(): boolean {
  return process.send !== undefined;
}

/** Stops the process in order at SIGTERM, and at once when its supervisor is gone. */
export function onStop(log: Logger, stop: () => Promise<void>): void {
  let isStopping = false;
  const begin = (why: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ why }, "stopping");
    setTimeout(() => {
      log.warn("not everything stopped in time");
      process.exit(1);
    }, STOP_DEADLINE_MS).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, "stopping failed");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", () => begin("SIGTERM"));
  // A terminal sends SIGINT to the whole group; supervised processes wait for the supervisor's order.
  process.on("SIGINT", () => {
    if (!isSupervised()) begin("SIGINT");
  });
  if (!isSupervised()) return;
  const orphaned = () => process.exit(0);
  process.stdin.on("end", orphaned).on("close", orphaned).on("error", orphaned).resume();
  process.on("disconnect", orphaned);
}

/** Reports on standard error why the process cannot continue, and exits. */
export function fail(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  const isUnusable = isUnusableDatabase(error);
  process.stderr.write(`${isUnusable ? `${error.failureKind}: ` : ""}${message}\n`);
  process.exit(isUnusable ? EXIT_UNUSABLE_DATABASE : 1);
}
