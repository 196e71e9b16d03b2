import { lstat, opendir } from "node:fs/promises";
import path from "node:path";

/** Reading a folder with very many files costs time that a runner on a full disk does not have. */
const ENTRIES_MAX = 200_000;
const DEPTH_SHOWN = 3;
const FOLDERS_SHOWN = 5;

type ScannedFolder = { name: string; dir: string };

/** Describes what fills these places: their largest folders by disk usage, largest first. */
export async function describeUsage(folders: ScannedFolder[]): Promise<string> {
  const sizes = new Map<string, number>();
  const counter = { left: ENTRIES_MAX };
  for (const { name, dir } of folders) await addFolder({ dir, name, depth: 0 }, sizes, counter);
  const largest = [...sizes].sort(([, left], [, right]) => right - left).slice(0, FOLDERS_SHOWN);
  if (largest.length === 0) return "";
  const largestText = largest.map(([name, bytes]) => `${name} ${formatBytes(bytes)}`).join(", ");
  return `Most of it is in ${largestText}${counter.left <= 0 ? ` (of the first ${ENTRIES_MAX} files)` : ""}.`;
}

/** Returns a folder's disk usage, and records it and its subfolders where they are worth telling. */
async function addFolder(
  folder: { dir: string; name: string; depth: number },
  sizes: Map<string, number>,
  counter: { left: number },
): Promise<number> {
  let total = 0;
  let reportedBytes = 0;
  // What cannot be read, or is removed meanwhile, is left out: this is a help for a person, not a measurement.
  const entries = await opendir(folder.dir).catch(() => null);
  if (!entries) return 0;
  for await (const entry of entries) {
    if (counter.left <= 0) break;
    counter.left -= 1;
    const file = path.join(folder.dir, entry.name);
    if (entry.isDirectory()) {
      const next = { dir: file, name: `${folder.name}/${entry.name}`, depth: folder.depth + 1 };
      const size = await addFolder(next, sizes, counter);
      total += size;
      if (next.depth <= DEPTH_SHOWN) reportedBytes += size;
    } else {
      total += await lstat(file).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      );
    }
  }
  // A folder that holds hardly more than its subfolders says nothing that they do not.
  if (folder.depth <= DEPTH_SHOWN && total > 0 && reportedBytes < total * 0.9) sizes.set(folder.name, total);
  return total;
}

function formatBytes(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes === 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
