import type { AttemptExit, LaunchSpec } from "@/server/executors/executor";
import { createKubernetesExecutor } from "@/server/executors/kubernetes";
import type { Cluster } from "@/server/kubernetes";
import { ATTEMPT, POLICY } from "./attempt";
import type { TestNamespace } from "./namespace";

let attempts = 0;
/** Makes an attempt that no other test of this process has. */
export function makeLaunchSpec(): LaunchSpec {
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

/** Opens an executor in a test's namespace, and collects all that it reports. */
export function openExecutor(place: TestNamespace, options: Options = {}) {
  const { activeDeadlineSeconds = 3_600, cluster = place.cluster, ...more } = options;
  const exits: AttemptExit[] = [];
  const errors: unknown[] = [];
  const executor = createKubernetesExecutor({
    cluster,
    // A test's namespace has only its default account.
    policy: { ...POLICY, serviceAccount: null, activeDeadlineSeconds },
    onError: (error) => errors.push(error),
    relistMs: 100,
    endDeadlineMs: 5_000,
    ...more,
  });
  executor.onExit((exit) => exits.push(exit));
  return { executor, exits, errors, [Symbol.asyncDispose]: () => executor.close() };
}
