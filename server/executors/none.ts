import type { Executor } from "./executor";

/** Runners are started by someone else: nothing is launched here, and nothing can be shown to be gone. */
export function createNoExecutor(): Executor {
  return {
    launch: () => Promise.reject(new Error("AGENTRUN_EXECUTOR is none: runners are started by someone else.")),
    end: async () => "unconfirmed",
    observe: async () => "unknown",
    list: async function* () {},
    endStarted: async () => "unconfirmed",
    onExit: () => () => undefined,
    inspect: async () => null,
    readLog: async () => null,
    onRemains: () => () => undefined,
    launchArchiver: null,
    close: async () => undefined,
  };
}
