import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { FoundVolume, VolumeSpec } from "@/server/volumes/volumes";

const Owner = z.object({ sessionId: z.string(), tenantId: z.string(), projectId: z.string() });

/** The file lies beside the volume and not on it, where an agent could change it. */
function ownerFile(root: string, name: string): string {
  return path.join(root, `.owner-${name}.json`);
}

/** Notes for whom a folder was made: its name is a hash, which says nothing once the session's row is gone. */
export async function writeOwner(root: string, name: string, spec: VolumeSpec): Promise<void> {
  const file = ownerFile(root, name);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomUUID()}.part`;
  await writeFile(temporary, JSON.stringify(Owner.parse(spec)), { mode: 0o600 });
  await rename(temporary, file);
}

/** Returns whom a folder was made for; null: it is older than such notes, or its note cannot be read. */
export async function readOwner(root: string, name: string): Promise<FoundVolume["owner"]> {
  const text = await readFile(ownerFile(root, name), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return "null";
  });
  try {
    return Owner.nullable().parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export async function removeOwner(root: string, name: string): Promise<void> {
  await rm(ownerFile(root, name), { force: true });
}
