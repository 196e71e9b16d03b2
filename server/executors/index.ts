export type {
  ArchiverLauncher,
  ArchiverSpec,
  AttemptCause,
  AttemptEnding,
  AttemptExit,
  AttemptRemains,
  Executor,
  LaunchSpec,
  LogRequest,
  Observation,
  Started,
} from "./executor";
export { createKubernetesExecutor, type KubernetesExecutorOptions } from "./kubernetes";
export { openSupervisorChannel, type SupervisorChannel } from "./local/channel";
export { findCodex } from "./local/codex-path";
export { createLocalExecutor, type LocalExecutorOptions } from "./local/executor";
export { createNoExecutor } from "./none";
