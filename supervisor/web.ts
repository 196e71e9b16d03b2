import { WEB_NODE_FLAGS, WebMessage } from "@/contract/supervisor";
import type { Log } from "./log";
import { type KeptProcess, keepRunning } from "./processes/keep-running";
import { RESTART } from "./restart";

/** A web that ends this often before it ever served has a fault that another start does not mend. */
const FIRST_FAILURES_MAX = 2;

export interface Web {
  process: KeptProcess;
  /** Returns what web reported; null until it listens. */
  said(): WebMessage | null;
  /** Rejects when web cannot be started at all. Does nothing after `serving`. */
  failed: Promise<never>;
  serving(): void;
}

export function keepWeb(opts: { file: string; env: NodeJS.ProcessEnv; log: Log }): Web {
  let said: WebMessage | null = null;
  let hasServed = false;
  let firstFailures = 0;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Awaited only while web starts.
  failed.catch(() => undefined);
  const process = keepRunning({
    ...RESTART,
    spec: {
      name: "web",
      file: opts.file,
      nodeFlags: WEB_NODE_FLAGS,
      env: opts.env,
      hasChannel: true,
      onLine: (line) => opts.log.from("web", line),
      onMessage(message) {
        said = WebMessage.safeParse(message).data ?? said;
      },
    },
    onExit(exit, { restartInMs, stderrTail }) {
      const end = `web ended with ${exit.signal ?? exit.code}`;
      if (givesUp(`${end}.\n${stderrTail}`)) return;
      opts.log.say(`${end}: starts again in ${restartInMs} ms.`);
    },
    onStartFailed(error, { restartInMs }) {
      if (givesUp(error.message)) return;
      opts.log.say(`web could not be started (${error.message}): tried again in ${restartInMs} ms.`);
    },
  });
  function givesUp(why: string): boolean {
    if (hasServed) return false;
    firstFailures += 1;
    if (firstFailures < FIRST_FAILURES_MAX) return false;
    fail(new Error(`AgentRun cannot start: ${why}`));
    return true;
  }
  return {
    process,
    said: () => said,
    failed,
    serving() {
      hasServed = true;
    },
  };
}
