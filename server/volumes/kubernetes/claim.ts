import { type Claim, parseQuantity } from "@/server/kubernetes";
import type { FoundVolume, VolumeSpec, VolumeStatus } from "@/server/volumes/volumes";

export const MANAGED_BY = "app.kubernetes.io/managed-by=agentrun";
export const COMPONENT = "app.kubernetes.io/component=session-volume";

export type ClaimPolicy = {
  /** The cluster's default class when absent. */
  storageClass?: string | undefined;
  accessMode: "ReadWriteOncePod" | "ReadWriteOnce";
  /** For sessions that name no size of their own. */
  defaultSizeBytes: number;
};

const SESSION = "agentrun.dev/session-id";
const TENANT = "agentrun.dev/tenant-id";
const PROJECT = "agentrun.dev/project-id";

/** Builds a session's PVC. Ids that callers chose stand only in annotations, which the cluster does not parse. */
export function claimFor(name: string, spec: VolumeSpec, policy: ClaimPolicy): Claim {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name,
      labels: Object.fromEntries([MANAGED_BY, COMPONENT].map((label) => label.split("="))),
      annotations: { [SESSION]: spec.sessionId, [TENANT]: spec.tenantId, [PROJECT]: spec.projectId },
    },
    spec: {
      accessModes: [policy.accessMode],
      ...(policy.storageClass === undefined ? {} : { storageClassName: policy.storageClass }),
      resources: { requests: { storage: String(spec.sizeBytes ?? policy.defaultSizeBytes) } },
    },
  };
}

/**
 * Whether a PVC of that name belongs to the session. One that somebody else made under the name is neither used nor
 * removed.
 */
export function isClaimOf(claim: Claim, sessionId: string): boolean {
  return isManaged(claim) && claim.metadata?.annotations?.[SESSION] === sessionId;
}

export function isManaged(claim: Claim): boolean {
  return [MANAGED_BY, COMPONENT].every((label) => {
    const [key = "", value] = label.split("=");
    return claim.metadata?.labels?.[key] === value;
  });
}

export function statusOf(claim: Claim, namespace: string): VolumeStatus {
  const { name = "", uid = "", deletionTimestamp } = claim.metadata ?? {};
  const phase = claim.status?.phase;
  const isKnown = phase === "Bound" || phase === "Lost";
  return { name, namespace, uid, phase: deletionTimestamp !== undefined ? "Terminating" : isKnown ? phase : "Pending" };
}

export function toFoundVolume(claim: Claim, namespace: string): FoundVolume {
  const { creationTimestamp, annotations = {} } = claim.metadata ?? {};
  const { [SESSION]: sessionId, [TENANT]: tenantId = "default", [PROJECT]: projectId = "default" } = annotations;
  return {
    ...statusOf(claim, namespace),
    requestedBytes: parseQuantity(claim.spec?.resources?.requests?.storage),
    createdAt: new Date(creationTimestamp ?? 0).toISOString(),
    owner: sessionId === undefined ? null : { sessionId, tenantId, projectId },
  };
}
