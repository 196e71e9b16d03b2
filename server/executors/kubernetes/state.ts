import type { Ends } from "@/server/executors/ends";
import type { Cluster } from "@/server/kubernetes";
import type { ExitReporter } from "./exit-reporter";
import type { StartLimits } from "./outcome";

/** What the parts of one executor share. */
export type ExecutorState = {
  readonly cluster: Cluster;
  /** Selects the Jobs and pods of this installation. */
  readonly labelSelector: string;
  readonly startLimits: StartLimits;
  readonly endDeadlineMs: number;
  readonly onError: (error: unknown) => void;
  readonly ends: Ends;
  readonly exits: ExitReporter;
  /** Uids of Jobs that are being given up. */
  readonly givingUp: Set<string>;
};
