import { WorkerMessage } from "@/contract/supervisor";
import type { ChildEnvironments } from "./environments";
import type { Log } from "./log";
import { keepRunning, type SupervisedProcess } from "./processes/keep-running";
import { RESTART } from "./restart";
import { createRunnerHost, type RunnerHost } from "./runner-host";

/** Runs the worker, and the runners that it asks for. */
export function superviseWorker(opts: {
  files: { worker: string; runner: string };
  env: ChildEnvironments;
  log: Log;
}): {
  process: SupervisedProcess;
  runners: RunnerHost;
} {
  let worker: SupervisedProcess | null = null;
  const runners = createRunnerHost({
    file: opts.files.runner,
    env: opts.env.runner,
    send: (message) => worker?.send(message),
    onLine: (attemptId, line) => opts.log.printChildLine("runner", `${attemptId} ${line}`),
  });
  worker = keepRunning({
    ...RESTART,
    spec: {
      name: "worker",
      file: opts.files.worker,
      env: opts.env.worker,
      hasChannel: true,
      onLine: (line) => opts.log.printChildLine("worker", line),
      onMessage(message) {
        const parsed = WorkerMessage.safeParse(message);
        if (parsed.success) runners.handle(parsed.data);
        else opts.log.print(`The worker sent a message that is not understood: ${parsed.error.message}`);
      },
    },
    onExit: (exit, { restartInMs }) =>
      opts.log.print(`worker ended with ${exit.signal ?? exit.code}: restarting in ${restartInMs} ms.`),
    onStartFailed: (error, { restartInMs }) =>
      opts.log.print(`worker could not be started (${error.message}): retrying in ${restartInMs} ms.`),
  });
  return { process: worker, runners };
}
