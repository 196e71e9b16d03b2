import { createHash } from "node:crypto";
import { ConflictError } from "@/server/errors";

/** A session's volume as its provider reports it now. */
export type VolumeStatus = {
  /** The name in the provider: a folder's, or a PersistentVolumeClaim's. */
  name: string;
  namespace: string;
  /** Distinguishes a volume from a later one of the same name. */
  uid: string;
  /** In Kubernetes' terms; an existing folder is Bound. */
  phase: "Pending" | "Bound" | "Lost" | "Terminating";
};

/** A volume as only its provider knows it, whether or not a session names it. */
export type FoundVolume = VolumeStatus & {
  requestedBytes: number | null;
  createdAt: string;
  /** Whom it was made for; null: the volume does not say. */
  owner: { sessionId: string; tenantId: string; projectId: string } | null;
};

export type VolumeSpec = { sessionId: string; tenantId: string; projectId: string; sizeBytes: number | null };

/** Where sessions' state lives. Two implementations: folders on this machine, and PersistentVolumeClaims. */
export interface Volumes {
  /** Returns the name of a session's volume, whether or not it exists: a hash, safe in any path. */
  nameFor(sessionId: string): string;
  readonly namespace: string;
  readonly provider: "local" | "kubernetes";
  /** The size of a volume whose session names none; null: as much as the disk has. */
  readonly defaultSizeBytes: number | null;
  /** Makes the volume, or finds the existing one. */
  ensure(spec: VolumeSpec): Promise<VolumeStatus>;
  find(name: string): Promise<VolumeStatus | null>;
  /**
   * Returns the volume with everything that its provider knows; null: there is none, or its name is used by somebody
   * else.
   */
  inspect(name: string): Promise<FoundVolume | null>;
  /** Yields every volume of AgentRun's in pages, so that memory does not grow with their number. */
  list(): AsyncGenerator<FoundVolume[]>;
  /**
   * Removes the volume with this uid and no other: one that was made later under its name stays. A null uid: no volume
   * was there, and at most the rest of an interrupted removal is removed. Removing a volume that is gone is no error.
   * `going`: the removal is ordered and waits for a pod that uses the volume; ask again later.
   */
  remove(name: string, uid: string | null): Promise<"gone" | "going">;
  /** Whether a volume holds nothing that an archive would have to keep; null: nobody can look into it. */
  isEmpty(name: string): Promise<boolean | null>;
  /** Returns the folder to give to a local runner; null: runners mount volumes themselves. */
  folderOf(name: string): string | null;
}

/** Returns the name of a session's volume in every provider: a hash, so that no id can name anything else. */
export function volumeNameOf(sessionId: string): string {
  return `agentrun-${createHash("sha256").update(sessionId).digest("hex").slice(0, 32)}`;
}

/** Whether `volumeNameOf` makes such names: a volume so called can only belong to its own session. */
export function isHashedName(name: string): boolean {
  return /^agentrun-[0-9a-f]{32}$/.test(name);
}

export function otherVolumeError(name: string): ConflictError {
  return new ConflictError("version-conflict", `volume ${name} is another one than was asked for: look at it again`);
}
