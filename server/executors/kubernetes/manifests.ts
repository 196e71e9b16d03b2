import { jobNameOf, type LaunchSpec } from "@/server/executors/executor";
import type { Container, Job, Secret, VolumeMount } from "@/server/kubernetes";

const MANAGED_BY = { "app.kubernetes.io/managed-by": "agentrun", "app.kubernetes.io/component": "runner" };
/** Whose a Job is, where installations share a namespace: each looks at its own alone. */
const INSTALLATION = "agentrun.dev/installation";

export function selectorOf(installationId: string): string {
  return Object.entries(labelsOf(installationId))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

function labelsOf(installationId: string): Record<string, string> {
  return { ...MANAGED_BY, [INSTALLATION]: installationId };
}

/** By which a NetworkPolicy lets a pod out; every other runner reaches web alone. */
const NETWORK = "agentrun.dev/network";
export const ATTEMPT = "agentrun.dev/attempt-id";
const RUN = "agentrun.dev/run-id";
const TOKEN_KEY = "launch-token";

/** Where things are mounted in a runner's container. */
const VOLUME_DIR = "/volume";
const SCRATCH_DIR = "/scratch";
const CODEX_PATH = "/opt/codex/bin/codex";
/** The container that an agent runs in; before it, another one prepares its disk. */
const RUNNER_CONTAINER = "runner";
/** Of the image's own user. */
const USER_ID = 10_001;

export type JobPolicy = {
  /** Of the database that these runners belong to. */
  installationId: string;
  image: string;
  imagePullPolicy: "IfNotPresent" | "Always" | "Never";
  /** null: the namespace's default account, whose token is never mounted. */
  serviceAccount: string | null;
  cpuRequest: string;
  memoryRequest: string;
  memoryLimit: string;
  scratchLimit: string;
  /** An attempt that lives longer is ended by the cluster, seconds. */
  activeDeadlineSeconds: number;
  /** How long a finished Job is kept for who reads its outcome, seconds. */
  ttlSeconds: number;
  logLevel: string;
};

/** Made of typed fields alone: nothing that a caller wrote becomes part of a pod but by its own place here. */
export function jobFor(spec: LaunchSpec, policy: JobPolicy): Job {
  const name = jobNameOf(spec.attemptId);
  const labels = labelsOf(policy.installationId);
  const annotations = { [ATTEMPT]: spec.attemptId, [RUN]: spec.runId };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, labels, annotations },
    spec: {
      // The attempt is the unit that is tried again, by the server alone.
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      podReplacementPolicy: "Failed",
      activeDeadlineSeconds: policy.activeDeadlineSeconds,
      ttlSecondsAfterFinished: policy.ttlSeconds,
      template: {
        metadata: { labels: { ...labels, [NETWORK]: spec.hasNetwork ? "allowed" : "denied" }, annotations },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          ...(policy.serviceAccount === null ? {} : { serviceAccountName: policy.serviceAccount }),
          terminationGracePeriodSeconds: 20,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: USER_ID,
            runAsGroup: USER_ID,
            fsGroup: USER_ID,
            // A large volume is not walked at each start once it belongs to the group.
            fsGroupChangePolicy: "OnRootMismatch",
            seccompProfile: { type: "RuntimeDefault" },
          },
          // What has to be written before the agent may: the cluster starts the runner only once it has ended well.
          initContainers: [{ name: "prepare", ...containerOf(spec, policy, "prepare"), volumeMounts: mountsOf(spec) }],
          containers: [
            {
              name: RUNNER_CONTAINER,
              ...containerOf(spec, policy, "work"),
              volumeMounts: [...mountsOf(spec), ...(spec.isReadOnly ? [readOnlyWorkspaceOf(spec)] : [])],
            },
          ],
          volumes: [
            { name: "scratch", emptyDir: { sizeLimit: policy.scratchLimit } },
            { name: "tmp", emptyDir: { sizeLimit: policy.scratchLimit } },
            ...(spec.volumeName === null
              ? []
              : [{ name: "volume", persistentVolumeClaim: { claimName: spec.volumeName } }]),
          ],
        },
      },
    },
  };
}

/** Both steps of an attempt are the same program of the same image. */
function containerOf(spec: LaunchSpec, policy: JobPolicy, step: "prepare" | "work"): Omit<Container, "name"> {
  const environment = { ...environmentOf(spec, policy), AGENTRUN_STEP: step };
  return {
    image: policy.image,
    imagePullPolicy: policy.imagePullPolicy,
    env: [
      ...Object.entries(environment).map(([name, value]) => ({ name, value })),
      {
        name: "AGENTRUN_LAUNCH_TOKEN",
        valueFrom: { secretKeyRef: { name: jobNameOf(spec.attemptId), key: TOKEN_KEY } },
      },
    ],
    resources: {
      requests: { cpu: policy.cpuRequest, memory: policy.memoryRequest },
      limits: { memory: policy.memoryLimit },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    // The end of its log says why it ended, where it wrote nothing else.
    terminationMessagePolicy: "FallbackToLogsOnError",
  };
}

function mountsOf(spec: LaunchSpec): VolumeMount[] {
  return [
    { name: "scratch", mountPath: SCRATCH_DIR },
    { name: "tmp", mountPath: "/tmp" },
    ...(spec.volumeName === null ? [] : [{ name: "volume", mountPath: VOLUME_DIR }]),
  ];
}

/** A second mount of the workspace over itself: whatever the agent tries there, the file system refuses to be written. */
function readOnlyWorkspaceOf(spec: LaunchSpec): VolumeMount {
  return spec.volumeName === null
    ? { name: "scratch", subPath: "volume/workspace", mountPath: `${SCRATCH_DIR}/volume/workspace`, readOnly: true }
    : { name: "volume", subPath: "workspace", mountPath: `${VOLUME_DIR}/workspace`, readOnly: true };
}

/** The launch token, owned by its Job so that it goes with it. */
export function secretFor(spec: LaunchSpec, jobUid: string): Secret {
  const name = jobNameOf(spec.attemptId);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      labels: MANAGED_BY,
      ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name, uid: jobUid, controller: true }],
    },
    type: "Opaque",
    stringData: { [TOKEN_KEY]: spec.launchToken },
  };
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
  };
}
