import { createHash } from "node:crypto";
import { ConflictError } from "@/server/errors";

/** A session's volume as its provider sees it now. */
export type VolumeStatus = {
  /** Name in the provider: a folder's, or a PersistentVolumeClaim's. */
  name: string;
  namespace: string;
  /** Tells a volume from one that was made anew under its name. */
  uid: string;
  /** In Kubernetes' words; a folder that is there is Bound. */
  phase: "Pending" | "Bound" | "Lost" | "Terminating";
};

/** A volume as its provider alone knows it, whether or not a session names it. */
export type FoundVolume = VolumeStatus & {
  requestedBytes: number | null;
  createdAt: string;
  /** Whom it was made for; null where the volume does not say. */
  owner: { sessionId: string; tenantId: string; projectId: string } | null;
};

export type VolumeSpec = { sessionId: string; tenantId: string; projectId: string; sizeBytes: number | null };

/** Where sessions' state lives. Two implementations: folders on this machine, and PersistentVolumeClaims. */
export interface Volumes {
  /** Name that a session's volume has, whether or not it exists: made of a hash, safe in any path. */
  nameFor(sessionId: string): string;
  readonly namespace: string;
  readonly provider: "local" | "kubernetes";
  /** How large a volume is whose session names no size; null where it takes what the disk has. */
  readonly defaultSizeBytes: number | null;
  /** Makes the volume, or finds the one that is there. */
  ensure(spec: VolumeSpec): Promise<VolumeStatus>;
  find(name: string): Promise<VolumeStatus | null>;
  /** The volume with all that its provider knows of it; null for a namesake of somebody else too. */
  inspect(name: string): Promise<FoundVolume | null>;
  /** Every volume that is AgentRun's, in pages, so that memory does not grow with them. */
  list(): AsyncGenerator<FoundVolume[]>;
  /**
   * Removes the volume of that uid and no other: one that was made anew under its name stays. null: none was there, and
   * at most the rest of a removal that was cut off goes. Removing one that is gone is no error. `going`: it is ordered,
   * and waits for a pod that uses it; asking again later tells when it is gone.
   */
  remove(name: string, uid: string | null): Promise<"gone" | "going">;
  /** Whether a volume holds nothing that an archive would have to keep; null where nobody can look into it. */
  isEmpty(name: string): Promise<boolean | null>;
  /** Folder to give to a local runner; null where runners mount volumes by themselves. */
  folderOf(name: string): string | null;
}

/** The name of a session's volume in every provider: made of a hash, so that no id can name anything else. */
export function volumeNameOf(sessionId: string): string {
  return `agentrun-${createHash("sha256").update(sessionId).digest("hex").slice(0, 32)}`;
}

/** Whether a name is one that `volumeNameOf` makes: only its own session's volume may be called so. */
export function isHashedName(name: string): boolean {
  return /^agentrun-[0-9a-f]{32}$/.test(name);
}

export function otherVolumeError(name: string): ConflictError {
  return new ConflictError("version-conflict", `volume ${name} is another one than was asked for: look at it again`);
}
