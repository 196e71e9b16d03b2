import { jobNameOf } from "@/server/executors/executor";
import type { Container, Job, PodSpec, Secret } from "@/server/kubernetes";

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
const TOKEN_KEY = "token";
export const VOLUME_DIR = "/volume";
/** Of the image's own user. */
const USER_ID = 10_001;

export type JobPolicy = {
  /** Of the database that these attempts belong to. */
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
  /** host:port that nobody but a NetworkPolicy keeps a pod from. */
  networkProbe: string;
};

export type JobHead = {
  attemptId: string;
  /** Beside the attempt's own id. */
  annotations: Record<string, string>;
  hasNetwork: boolean;
  deadlineSeconds: number;
};

/** One attempt's Job, whose pod Pod Security `restricted` admits; `pod` is what is the attempt's own in it. */
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
    metadata: { name: jobNameOf(head.attemptId), labels, annotations },
    spec: {
      // The attempt is the unit that is tried again, by the server alone.
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

/** What every container of ours has in common; the token's variable comes of the attempt's Secret. */
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
      { name: token.variable, valueFrom: { secretKeyRef: { name: jobNameOf(token.attemptId), key: TOKEN_KEY } } },
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

/** An attempt's token, owned by its Job so that it goes with it. */
export function tokenSecret(attemptId: string, token: string, jobUid: string): Secret {
  const name = jobNameOf(attemptId);
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
