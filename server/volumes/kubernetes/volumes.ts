import { UnavailableError } from "@/server/errors";
import { type Claim, type Cluster, isKubernetesProblem } from "@/server/kubernetes";
import { type VolumeSpec, type Volumes, volumeNameOf } from "@/server/volumes/volumes";
import {
  type ClaimPolicy,
  COMPONENT,
  claimFor,
  isClaimOf,
  isManaged,
  MANAGED_BY,
  statusOf,
  toFoundVolume,
} from "./claim";

/** How often at most a PVC is read and judged again because it changed between read and deletion. */
const REMOVE_TRIES_MAX = 8;
/** A PVC that is being bound changes several times in a second. */
const REMOVE_PAUSE_MS = 25;
const GONE_DEADLINE_MS = 5_000;
const GONE_POLL_MS = 100;

export type KubernetesVolumesOptions = { cluster: Cluster; policy: ClaimPolicy; goneDeadlineMs?: number };

/** Creates volumes as PersistentVolumeClaims of one namespace, one for each session. */
export function createKubernetesVolumes(options: KubernetesVolumesOptions): Volumes {
  const { cluster, policy } = options;

  async function findClaim(name: string): Promise<Claim | null> {
    try {
      return await cluster.readClaim(name);
    } catch (error) {
      if (isKubernetesProblem(error, "not-found")) return null;
      throw error;
    }
  }

  async function createClaim(name: string, spec: VolumeSpec): Promise<Claim> {
    try {
      return await cluster.createClaim(claimFor(name, spec, policy));
    } catch (error) {
      // Created before, or by a call whose answer was lost: what exists decides.
      if (!isKubernetesProblem(error, "already-exists", "unknown")) throw error;
      const claim = await findClaim(name);
      if (claim === null) throw error;
      return claim;
    }
  }

  /** Waits a little until the PVC is gone or replaced by another; a pod that still uses it keeps it. */
  async function waitUntilGone(name: string, uid: string): Promise<"gone" | "going"> {
    for (const deadline = Date.now() + (options.goneDeadlineMs ?? GONE_DEADLINE_MS); ; ) {
      const claim = await findClaim(name);
      if (claim?.metadata?.uid !== uid) return "gone";
      if (Date.now() > deadline) return "going";
      await new Promise((resolve) => setTimeout(resolve, GONE_POLL_MS));
    }
  }

  return {
    namespace: cluster.namespace,
    provider: "kubernetes",
    defaultSizeBytes: policy.defaultSizeBytes,
    nameFor: volumeNameOf,
    folderOf: () => null,
    isEmpty: async () => null,
    async ensure(spec) {
      const name = volumeNameOf(spec.sessionId);
      const claim = await createClaim(name, spec);
      if (!isClaimOf(claim, spec.sessionId)) throw foreignClaimError(name);
      if (claim.metadata?.deletionTimestamp !== undefined) {
        throw new UnavailableError(
          "volume-going",
          `PersistentVolumeClaim ${name} is still being deleted: try again`,
          "request",
        );
      }
      return statusOf(claim, cluster.namespace);
    },
    async find(name) {
      const claim = await findClaim(name);
      return claim && statusOf(claim, cluster.namespace);
    },
    async inspect(name) {
      const claim = await findClaim(name);
      return claim !== null && isManaged(claim) ? toFoundVolume(claim, cluster.namespace) : null;
    },
    async *list() {
      for await (const claims of cluster.listClaims(`${MANAGED_BY},${COMPONENT}`))
        yield claims.map((claim) => toFoundVolume(claim, cluster.namespace));
    },
    async remove(name, uid) {
      if (uid === null) return "gone";
      for (let tries = 1; ; tries += 1) {
        const claim = await findClaim(name);
        if (claim?.metadata?.uid !== uid) return "gone";
        if (!isManaged(claim)) throw foreignClaimError(name);
        const { resourceVersion = "" } = claim.metadata;
        try {
          if (claim.metadata.deletionTimestamp === undefined) await cluster.deleteClaim(name, { uid, resourceVersion });
        } catch (error) {
          // A call without an answer may have deleted it: the next read shows.
          const isRetryable = isKubernetesProblem(error, "conflict", "unknown", "not-found");
          if (!isRetryable || tries === REMOVE_TRIES_MAX) throw error;
          await new Promise((resolve) => setTimeout(resolve, tries * REMOVE_PAUSE_MS));
          continue;
        }
        return waitUntilGone(name, uid);
      }
    },
  };
}

function foreignClaimError(name: string): Error {
  return new UnavailableError(
    "executor-unavailable",
    `PersistentVolumeClaim ${name} is there and is not of this session: rename or remove it`,
  );
}
