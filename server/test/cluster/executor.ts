import type { AttemptExit, LaunchSpec } from "@/server/executors/executor";
import { createKubernetesExecutor } from "@/server/executors/kubernetes";
import type { Cluster } from "@/server/kubernetes";
import { ATTEMPT, POLICY } from "./attempt";
import type { TestNamespace } from "./namespace";

let attempts = 0;
/** An attempt that no other test of this process has. */
export function specOf(): LaunchSpec {
  attempts += 1;
  const attemptId = `att_${Date.now()}_${attempts}`;
  return { ...ATTEMPT, attemptId, launchToken: "arl_first", volumeName: "agentrun-volume" };
}

type Options = {
  cluster?: Cluster;
  relistMs?: number;
  endDeadlineMs?: number;
  unschedulableMaxMs?: number;
  stalledMaxMs?: number;
  activeDeadlineSeconds?: number;
};

/** An executor in a namespace of a test, with all that it told. */
export function openExecutor(place: TestNamespace, options: Options = {}) {
  const { activeDeadlineSeconds = 3_600, cluster = place.cluster, ...more } = options;
  const exits: AttemptExit[] = [];
  const errors: unknown[] = [];
  const executor = createKubernetesExecutor({
    cluster,
    // The namespace of a test has no account but its default.
    policy: { ...POLICY, serviceAccount: null, activeDeadlineSeconds },
    onError: (error) => errors.push(error),
    relistMs: 100,
    endDeadlineMs: 5_000,
    ...more,
  });
  executor.onExit((exit) => exits.push(exit));
  return { executor, exits, errors, [Symbol.asyncDispose]: () => executor.close() };
}
