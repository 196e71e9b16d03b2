import type { Executor } from "./executor";

/** The executor `none`: somebody else starts the runners. It launches nothing and can confirm no end. */
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
