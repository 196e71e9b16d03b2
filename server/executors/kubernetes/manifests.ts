import type { LaunchSpec } from "@/server/executors/executor";
import type { Job, VolumeMount } from "@/server/kubernetes";
import { type JobPolicy, restrictedContainer, restrictedJob, VOLUME_DIR } from "./pod";

const RUN = "agentrun.dev/run-id";

/** Where folders are mounted in a runner's container. */
const SCRATCH_DIR = "/scratch";
const CODEX_PATH = "/opt/codex/bin/codex";
/**
 * Builds a runner's Job from typed fields alone: whatever a caller wrote gets into a pod only at its own place here.
 */
export function jobFor(spec: LaunchSpec, policy: JobPolicy): Job {
  const { attemptId, hasNetwork } = spec;
  const head = {
    attemptId,
    annotations: { [RUN]: spec.runId },
    hasNetwork,
    deadlineSeconds: policy.activeDeadlineSeconds,
  };
  // Both steps of an attempt run the same program of the same image.
  const containerOf = (step: "prepare" | "work") =>
    restrictedContainer(policy, {
      environment: { ...environmentOf(spec, policy), AGENTRUN_STEP: step },
      token: { variable: "AGENTRUN_LAUNCH_TOKEN", attemptId },
    });
  return restrictedJob(head, policy, {
    // Writes what must exist before the agent starts. The cluster starts the runner only after this step succeeded.
    initContainers: [{ name: "prepare", ...containerOf("prepare"), volumeMounts: mountsOf(spec) }],
    containers: [
      {
        name: "runner",
        ...containerOf("work"),
        volumeMounts: [...mountsOf(spec), ...(spec.isReadOnly ? [readOnlyWorkspaceOf(spec)] : [])],
      },
    ],
    volumes: [
      { name: "scratch", emptyDir: { sizeLimit: policy.scratchLimit } },
      { name: "tmp", emptyDir: { sizeLimit: policy.scratchLimit } },
      ...(spec.volumeName === null ? [] : [{ name: "volume", persistentVolumeClaim: { claimName: spec.volumeName } }]),
    ],
  });
}

function mountsOf(spec: LaunchSpec): VolumeMount[] {
  return [
    { name: "scratch", mountPath: SCRATCH_DIR },
    { name: "tmp", mountPath: "/tmp" },
    ...(spec.volumeName === null ? [] : [{ name: "volume", mountPath: VOLUME_DIR }]),
  ];
}

/** Mounts the workspace over itself read-only: the file system refuses every write of the agent. */
function readOnlyWorkspaceOf(spec: LaunchSpec): VolumeMount {
  return spec.volumeName === null
    ? { name: "scratch", subPath: "volume/workspace", mountPath: `${SCRATCH_DIR}/volume/workspace`, readOnly: true }
    : { name: "volume", subPath: "workspace", mountPath: `${VOLUME_DIR}/workspace`, readOnly: true };
}

function environmentOf(spec: LaunchSpec, policy: JobPolicy): Record<string, string> {
  return {
    AGENTRUN_URL: spec.url,
    AGENTRUN_RUN_ID: spec.runId,
    AGENTRUN_ATTEMPT: spec.attemptId,
    AGENTRUN_RUNNER_ID: spec.runnerId,
    AGENTRUN_SCRATCH_DIR: SCRATCH_DIR,
    AGENTRUN_CODEX_PATH: CODEX_PATH,
    AGENTRUN_LEASE_MS: String(spec.leaseMs),
    HOME: SCRATCH_DIR,
    AGENTRUN_SANDBOX: "pod",
    LOG_LEVEL: policy.logLevel,
    ...(spec.volumeName === null ? {} : { AGENTRUN_VOLUME_DIR: VOLUME_DIR }),
    ...(spec.hasNetwork ? {} : { AGENTRUN_NETWORK_PROBE: policy.networkProbe }),
  };
}
