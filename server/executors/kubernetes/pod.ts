import { toJobName } from "@/server/executors/executor";
import type { Container, Job, PodSpec, Secret } from "@/server/kubernetes";

const MANAGED_BY = { "app.kubernetes.io/managed-by": "agentrun", "app.kubernetes.io/component": "runner" };
/** The label by which installations that share a namespace tell their Jobs apart. */
const INSTALLATION = "agentrun.dev/installation";

export function selectorOf(installationId: string): string {
  return Object.entries(labelsOf(installationId))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

function labelsOf(installationId: string): Record<string, string> {
  return { ...MANAGED_BY, [INSTALLATION]: installationId };
}

/** The label by which a NetworkPolicy gives a pod access to the network; every other runner can reach only web. */
const NETWORK = "agentrun.dev/network";
export const ATTEMPT = "agentrun.dev/attempt-id";
const TOKEN_KEY = "token";
export const VOLUME_DIR = "/volume";
/** The id of the image's own user. */
const USER_ID = 10_001;

export type JobPolicy = {
  /** The id of the installation, kept in its database. */
  installationId: string;
  image: string;
  imagePullPolicy: "IfNotPresent" | "Always" | "Never";
  /** null: the namespace's default account. Its token is never mounted. */
  serviceAccount: string | null;
  cpuRequest: string;
  memoryRequest: string;
  memoryLimit: string;
  scratchLimit: string;
  /** The cluster ends an attempt that lives longer, in seconds. */
  activeDeadlineSeconds: number;
  /** How long a finished Job is kept for reading its outcome, in seconds. */
  ttlSeconds: number;
  logLevel: string;
  /** A host:port that only a NetworkPolicy keeps a pod from reaching. */
  networkProbe: string;
};

export type JobHead = {
  attemptId: string;
  /** Annotations besides the attempt's own id. */
  annotations: Record<string, string>;
  hasNetwork: boolean;
  deadlineSeconds: number;
};

/**
 * Builds one attempt's Job, whose pod Pod Security `restricted` admits. `pod` holds what is specific to the attempt.
 */
export function restrictedJob(
  head: JobHead,
  policy: JobPolicy,
  pod: Pick<PodSpec, "initContainers" | "containers" | "volumes">,
): Job {
  const labels = labelsOf(policy.installationId);
  const annotations = { [ATTEMPT]: head.attemptId, ...head.annotations };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: toJobName(head.attemptId), labels, annotations },
    spec: {
      // Only the server retries, and its unit is the attempt.
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      podReplacementPolicy: "Failed",
      activeDeadlineSeconds: head.deadlineSeconds,
      ttlSecondsAfterFinished: policy.ttlSeconds,
      template: {
        metadata: { labels: { ...labels, [NETWORK]: head.hasNetwork ? "allowed" : "denied" }, annotations },
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
          ...pod,
        },
      },
    },
  };
}

/**
 * Returns what all containers of an attempt have in common. The token's variable is filled from the attempt's Secret.
 */
export function restrictedContainer(
  policy: JobPolicy,
  given: { environment: Record<string, string>; token: { variable: string; attemptId: string } },
): Omit<Container, "name"> {
  const { environment, token } = given;
  return {
    image: policy.image,
    imagePullPolicy: policy.imagePullPolicy,
    env: [
      ...Object.entries(environment).map(([name, value]) => ({ name, value })),
      { name: "AGENTRUN_NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
      { name: token.variable, valueFrom: { secretKeyRef: { name: toJobName(token.attemptId), key: TOKEN_KEY } } },
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
    // Where the container wrote no termination message, the end of its log tells why it ended.
    terminationMessagePolicy: "FallbackToLogsOnError",
  };
}

/** Builds the Secret with an attempt's token. The Job owns it, so that it is removed with the Job. */
export function tokenSecret(attemptId: string, token: string, jobUid: string): Secret {
  const name = toJobName(attemptId);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      labels: MANAGED_BY,
      ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name, uid: jobUid, controller: true }],
    },
    type: "Opaque",
    stringData: { [TOKEN_KEY]: token },
  };
}
