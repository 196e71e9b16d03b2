import { lstat, readdir, readlink } from "node:fs/promises";
import path from "node:path";
import type { VolumeLayout } from "./layout";
import type { Omitted } from "./manifest";

/** Something that the volume holds: what lstat said about it, and its path on the volume. */
export interface ScannedItem {
  path: string;
  kind: "file" | "folder" | "link";
  mode: number;
  sizeBytes: number;
  /** Changes whenever the content may have changed. */
  stamp: string;
  target?: string;
}

export const FILES_MAX = 50_000;
export const WORKSPACE_BYTES_MAX = 1024 ** 3;

/**
 * Lists what an archive of the volume has to hold: rollouts and workspace, sorted by path. Follows no link. Left out,
 * each with its reason: sockets, pipes and devices, what cannot be read, and the largest files of a workspace above its
 * limit.
 */
export async function scanVolume(
  layout: VolumeLayout,
  limits = { filesMax: FILES_MAX, workspaceBytesMax: WORKSPACE_BYTES_MAX },
): Promise<{ found: ScannedItem[]; omitted: Omitted[] }> {
  const found: ScannedItem[] = [];
  const omitted: Omitted[] = [];
  const roots = [layout.rolloutsDir, layout.workspaceDir].map((dir) => path.relative(layout.dir, dir));
  // Each of the two folders is made together with the other. Where both are missing, this is not the volume that was
  // used, but for example an unmounted one.
  const areMissing = await Promise.all(
    roots.map((root) => lstat(path.join(layout.dir, root)).then(() => false, isMissing)),
  );
  if (!areMissing.includes(false)) omitted.push({ path: ".", reason: "unreadable" });
  for (const root of roots) await walk(layout.dir, root, { found, omitted, filesMax: limits.filesMax });
  const workspace = `${path.relative(layout.dir, layout.workspaceDir)}/`;
  const files = found
    .filter((item) => item.kind === "file" && item.path.startsWith(workspace))
    .sort((a, b) => a.sizeBytes - b.sizeBytes || compare(a.path, b.path));
  const dropped = new Set<ScannedItem>();
  let total = 0;
  for (const file of files) {
    total += file.sizeBytes;
    if (total > limits.workspaceBytesMax) dropped.add(file);
  }
  for (const file of dropped) omitted.push({ path: file.path, reason: "too-large" });
  return { found: found.filter((item) => !dropped.has(item)).sort((a, b) => compare(a.path, b.path)), omitted };
}

type Into = { found: ScannedItem[]; omitted: Omitted[]; filesMax: number };

async function walk(root: string, relative: string, into: Into): Promise<void> {
  const names = await readdir(path.join(root, relative), { encoding: "buffer" }).catch((error: unknown) => {
    // Deleted since: a tool in the background may still be working.
    if (!isMissing(error)) into.omitted.push({ path: relative, reason: "unreadable" });
    return [];
  });
  for (const bytes of names) {
    const name = bytes.toString("utf8");
    const item = `${relative}/${name}`;
    if (!Buffer.from(name, "utf8").equals(bytes)) into.omitted.push({ path: item, reason: "odd-name" });
    else if (into.found.length >= into.filesMax) into.omitted.push({ path: item, reason: "too-many" });
    else await look(root, item, into);
  }
}

async function look(root: string, item: string, into: Into): Promise<void> {
  const full = path.join(root, item);
  const stat = await lstat(full, { bigint: true }).catch((error: unknown) => {
    if (!isMissing(error)) into.omitted.push({ path: item, reason: "unreadable" });
    return null;
  });
  if (!stat) return;
  const base = {
    path: item,
    mode: Number(stat.mode & 0o777n),
    stamp: `${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`,
  };
  if (stat.isFile()) into.found.push({ ...base, kind: "file", sizeBytes: Number(stat.size) });
  else if (stat.isSymbolicLink())
    into.found.push({ ...base, kind: "link", sizeBytes: 0, target: await readlink(full).catch(() => "") });
  else if (stat.isDirectory()) {
    into.found.push({ ...base, kind: "folder", sizeBytes: 0 });
    await walk(root, item, into);
  } else into.omitted.push({ path: item, reason: "special-file" });
}

// Compares by code units, so that the order, and the digest made from it, do not depend on a locale.
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
