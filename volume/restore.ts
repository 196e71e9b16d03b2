import { chmod, mkdir, open, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { takeVolume, type VolumeWriter } from "./epoch";
import { ensureVolume, VolumeError, type VolumeLayout, volumeLayout } from "./layout";
import { type Entry, Manifest, volumeDigest } from "./manifest";
import { SegmentReader } from "./segment-reader";

const MARKER = "restoring.json";

/**
 * Fills a new volume from its archive, and writes its epoch file. Every segment, part and file, and the whole, are
 * checked against their digests first. An interrupted restore is started again. Refuses a volume that holds something
 * else.
 */
export async function restoreVolume(opts: {
  dir: string;
  manifest: unknown;
  /** Stored on the volume, so that `findRestored` can tell what it was filled from. */
  manifestId: string;
  fetchSegment: (digest: string) => Promise<Uint8Array>;
  writer: VolumeWriter;
}): Promise<Manifest> {
  const manifest = readManifest(opts.manifest);
  const layout = volumeLayout(opts.dir, manifest.rolloutSubdir);
  await ensureVolume(layout);
  const marker = path.join(layout.stateDir, MARKER);
  const isBegun = (await readdir(layout.stateDir)).includes(MARKER);
  const targets = [layout.rolloutsDir, layout.workspaceDir];
  if (!isBegun) {
    for (const target of targets) {
      if ((await readdir(target)).length > 0)
        throw new VolumeError(`${target} is not empty: a restore would overwrite it`);
    }
    await writeFile(marker, JSON.stringify({ runId: manifest.runId }));
  }
  const staging = path.join(layout.stateDir, "staging");
  await rm(staging, { recursive: true, force: true });
  await writeEntries(staging, manifest, opts.fetchSegment);
  for (const target of targets) {
    const staged = path.join(staging, path.relative(layout.dir, target));
    await rm(target, { recursive: true, force: true });
    await mkdir(staged, { recursive: true, mode: 0o700 });
    await rename(staged, target);
  }
  await takeVolume(layout, opts.writer);
  await writeFile(restoredFile(layout), JSON.stringify({ manifestId: opts.manifestId }));
  await rm(staging, { recursive: true, force: true });
  await rm(marker, { force: true });
  return manifest;
}

/** Returns the archive that this volume was filled from; null for a volume that was not restored. */
export async function findRestored(layout: VolumeLayout): Promise<string | null> {
  const text = await readFile(restoredFile(layout), "utf8").catch(() => "null");
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "manifestId" in value ? String(value.manifestId) : null;
  } catch {
    return null;
  }
}

function restoredFile(layout: VolumeLayout): string {
  return path.join(layout.stateDir, "restored.json");
}

/** Parses a manifest whose parts agree with each other; throws VolumeError for any other. */
export function readManifest(value: unknown): Manifest {
  const parsed = Manifest.safeParse(value);
  if (!parsed.success)
    throw new VolumeError(`the archive's manifest cannot be read: ${parsed.error.message.slice(0, 500)}`);
  const manifest = parsed.data;
  if (volumeDigest(manifest.entries) !== manifest.sha256)
    throw new VolumeError("the archive's manifest is damaged: its digest does not match");
  return manifest;
}

async function writeEntries(
  staging: string,
  manifest: Manifest,
  fetchSegment: (digest: string) => Promise<Uint8Array>,
): Promise<void> {
  const roots = new Set([manifest.rolloutSubdir, "workspace"]);
  const segments = new SegmentReader(fetchSegment);
  const folders = manifest.entries.filter((entry) => entry.kind === "folder");
  for (const entry of manifest.entries) {
    if (!roots.has(entry.path.split("/")[0] ?? ""))
      throw new VolumeError(`the archive holds ${entry.path}, which is no part of a volume`);
    if (entry.kind === "file") await writeFileFrom(path.join(staging, entry.path), entry, segments);
    if (entry.kind === "folder") await mkdir(path.join(staging, entry.path), { recursive: true, mode: 0o700 });
  }
  // Links come after all files, so that no file is written through one; modes come last, so that none prevents a write.
  for (const entry of manifest.entries)
    if (entry.kind === "link") await makeLink(path.join(staging, entry.path), entry.target);
  for (const entry of folders.reverse()) await chmod(path.join(staging, entry.path), entry.mode);
}

async function makeLink(file: string, target: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await symlink(target, file);
}

async function writeFileFrom(
  file: string,
  entry: Extract<Entry, { kind: "file" }>,
  segments: SegmentReader,
): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, "wx", 0o600);
  try {
    let sizeBytes = 0;
    for (const part of entry.parts) {
      const content = await segments.read(part);
      await handle.writeFile(content);
      sizeBytes += content.length;
    }
    if (sizeBytes !== entry.sizeBytes)
      throw new VolumeError(`the archive of ${entry.path} is damaged: it is not as long as it should be`);
    await handle.chmod(entry.mode);
  } finally {
    await handle.close();
  }
}
