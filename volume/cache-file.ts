import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { VolumeLayout } from "./layout";
import { Entry, Part } from "./manifest";
import { emptyCache, type PackCache } from "./pack";

const Stored = z.object({
  files: z.array(z.object({ stamp: z.string(), entry: Entry })),
  parts: z.array(Part),
  segments: z.record(z.string(), z.number()),
});

/** Reads what the last archive of this volume knew; an empty cache where there is none, or none that can be read. */
export async function readCache(layout: VolumeLayout): Promise<PackCache> {
  const cache = emptyCache();
  try {
    const stored = Stored.parse(JSON.parse(await readFile(cacheFile(layout), "utf8")));
    for (const { stamp, entry } of stored.files)
      if (entry.kind === "file") cache.files.set(entry.path, { stamp, entry });
    for (const part of stored.parts) cache.parts.set(part.sha256, part);
    for (const [digest, sizeBytes] of Object.entries(stored.segments)) cache.segments.set(digest, sizeBytes);
    return cache;
  } catch {
    return emptyCache();
  }
}

/** Stores what the current files of the volume need; parts that no file has are dropped. */
export async function writeCache(layout: VolumeLayout, cache: PackCache): Promise<void> {
  const files = [...cache.files.values()];
  const parts = new Map(files.flatMap(({ entry }) => entry.parts.map((part) => [part.sha256, part] as const)));
  const segments = Object.fromEntries(
    [...parts.values()].map(({ segment }) => [segment, cache.segments.get(segment) ?? 0]),
  );
  const temporary = `${cacheFile(layout)}.${process.pid}`;
  await writeFile(temporary, JSON.stringify({ files, parts: [...parts.values()], segments }));
  await rename(temporary, cacheFile(layout));
}

function cacheFile(layout: VolumeLayout): string {
  return path.join(layout.stateDir, "archive-cache.json");
}
