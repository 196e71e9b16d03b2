import { WEB_NODE_FLAGS, WebMessage } from "@/contract/supervisor";
import type { Log } from "./log";
import { keepRunning, type SupervisedProcess } from "./processes/keep-running";
import { RESTART } from "./restart";

/** A web that ends this often before it ever served has a fault that another start does not mend. */
const START_FAILURES_MAX = 2;

export interface Web {
  process: SupervisedProcess;
  /** Returns what web reported; null until it listens. */
  report(): WebMessage | null;
  /** Rejects when web cannot be started at all. Does nothing after `serving`. */
  failed: Promise<never>;
  markServing(): void;
}

export function superviseWeb(opts: { file: string; env: NodeJS.ProcessEnv; log: Log }): Web {
  let report: WebMessage | null = null;
  let hasServed = false;
  let startFailures = 0;
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
      onLine: (line) => opts.log.printChildLine("web", line),
      onMessage(message) {
        report = WebMessage.safeParse(message).data ?? report;
      },
    },
    onExit(exit, { restartInMs, stderrTail }) {
      const end = `web ended with ${exit.signal ?? exit.code}`;
      if (shouldGiveUp(`${end}.\n${stderrTail}`)) return;
      opts.log.print(`${end}: restarting in ${restartInMs} ms.`);
    },
    onStartFailed(error, { restartInMs }) {
      if (shouldGiveUp(error.message)) return;
      opts.log.print(`web could not be started (${error.message}): retrying in ${restartInMs} ms.`);
    },
  });
  function shouldGiveUp(reason: string): boolean {
    if (hasServed) return false;
    startFailures += 1;
    if (startFailures < START_FAILURES_MAX) return false;
    fail(new Error(`AgentRun cannot start: ${reason}`));
    return true;
  }
  return {
    process,
    report: () => report,
    failed,
    markServing() {
      hasServed = true;
    },
  };
}
