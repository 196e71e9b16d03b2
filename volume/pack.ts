import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, readlink, realpath } from "node:fs/promises";
import path from "node:path";
import type { VolumeLayout } from "./layout";
import type { Entry, Manifest, Omitted, Part } from "./manifest";
import { volumeDigest } from "./manifest";
import { isMissing, type ScannedItem, scanVolume } from "./scan";
import { cutLength, SEGMENT_CONTENT_MAX, type Segment, sealSegment, sha256 } from "./segments";

/** Files below this size share segments: thousands of small files must not become thousands of uploads. */
const SMALL_FILE_BYTES = 256 * 1024;
const PACK_BYTES_MAX = 4 * 1024 * 1024;
const OMITTED_LISTED_MAX = 1_000;

type FileEntry = Extract<Entry, { kind: "file" }>;

/** What is known from the last archive of this volume; saves reading and sending what has not changed. */
export interface PackCache {
  /** By path: the stamp under which a file was read, and its entry. */
  files: Map<string, { stamp: string; entry: FileEntry }>;
  /** By the SHA-256 of a part's content. */
  parts: Map<string, Part>;
  /** Size in gzip bytes, by segment. */
  segments: Map<string, number>;
}

export function emptyCache(): PackCache {
  return { files: new Map(), parts: new Map(), segments: new Map() };
}

export type PackedVolume = Pick<
  Manifest,
  "entries" | "segments" | "omitted" | "omittedCount" | "sizeBytes" | "filesCount" | "sha256"
>;

/** Reads the volume into entries and segments. Each new segment is passed to `store` before the next is made. */
export async function packVolume(
  layout: VolumeLayout,
  cache: PackCache,
  store: (segment: Segment) => Promise<void>,
): Promise<PackedVolume> {
  const { found, omitted } = await scanVolume(layout);
  const packer = new Packer(layout, cache, store, omitted);
  for (const item of found) await packer.add(item);
  return packer.finish();
}

class Packer {
  private readonly entries: Entry[] = [];
  private smallFiles: { content: Buffer; part: Part }[] = [];
  private smallBytes = 0;
  /**
   * Parts of this volume by the digest of their content: equal files are stored once, even before their pack is sealed.
   */
  private readonly pending = new Map<string, Part>();

  constructor(
    private readonly layout: VolumeLayout,
    private readonly cache: PackCache,
    private readonly store: (segment: Segment) => Promise<void>,
    private readonly omitted: Omitted[],
  ) {}

  async add(item: ScannedItem): Promise<void> {
    if (item.kind === "folder") this.entries.push({ kind: "folder", path: item.path, mode: item.mode });
    else if (item.kind === "link") {
      if (item.target) this.entries.push({ kind: "link", path: item.path, target: item.target });
    } else {
      const cached = this.cache.files.get(item.path);
      const entry = cached?.stamp === item.stamp ? { ...cached.entry, mode: item.mode } : await this.read(item);
      if (!entry) return;
      this.entries.push(entry);
      this.cache.files.set(item.path, { stamp: item.stamp, entry });
    }
  }

  async finish(): Promise<PackedVolume> {
    await this.sealSmall();
    const { entries } = this;
    // Unreadable files are listed first: the list is bounded, and these keep a volume from being collected.
    const isUnreadable = ({ reason }: Omitted) => reason === "unreadable";
    const omitted = [...this.omitted.filter(isUnreadable), ...this.omitted.filter((item) => !isUnreadable(item))];
    const files = entries.filter((entry): entry is FileEntry => entry.kind === "file");
    const used = new Set(files.flatMap((entry) => entry.parts.map((part) => part.segment)));
    const present = new Set(entries.map((entry) => entry.path));
    for (const cached of this.cache.files.keys()) if (!present.has(cached)) this.cache.files.delete(cached);
    return {
      entries,
      segments: Object.fromEntries([...used].sort().map((digest) => [digest, this.cache.segments.get(digest) ?? 0])),
      omitted: omitted.slice(0, OMITTED_LISTED_MAX),
      omittedCount: omitted.length,
      sizeBytes: files.reduce((total, entry) => total + entry.sizeBytes, 0),
      filesCount: files.length,
      sha256: volumeDigest(entries),
    };
  }

  private async read(item: ScannedItem): Promise<FileEntry | undefined> {
    const full = path.join(this.layout.dir, item.path);
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = await open(full, flags).catch((error: unknown) => {
      this.omitted.push({ path: item.path, reason: isMissing(error) ? "changed" : "unreadable" });
    });
    if (!handle) return undefined;
    try {
      // A folder above the file may have become a link since the scan.
      const real = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => full);
      if (!(await handle.stat()).isFile() || real !== (await this.realPath(item.path))) {
        this.omitted.push({ path: item.path, reason: "changed" });
        return undefined;
      }
      const hash = createHash("sha256");
      const parts: Part[] = [];
      const isRollout = full.startsWith(`${this.layout.rolloutsDir}${path.sep}`) && item.path.endsWith(".jsonl");
      let position = 0;
      // Reads no further than the size found by the scan: a file that grows without end must not hold up the archive.
      while (position < item.sizeBytes) {
        const chunk = Buffer.alloc(Math.min(SEGMENT_CONTENT_MAX, item.sizeBytes - position));
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
        const isEnd = position + bytesRead >= item.sizeBytes || bytesRead === 0;
        const content = chunk.subarray(0, cutLength(chunk.subarray(0, bytesRead), { isRollout, isEnd }));
        if (content.length === 0) break;
        hash.update(content);
        parts.push(await this.part(content));
        position += content.length;
      }
      return { kind: "file", path: item.path, mode: item.mode, sizeBytes: position, sha256: hash.digest("hex"), parts };
    } finally {
      await handle.close();
    }
  }

  private async part(content: Buffer): Promise<Part> {
    const digest = sha256(content);
    const cached = this.cache.parts.get(digest) ?? this.pending.get(digest);
    if (cached) return cached;
    if (content.length >= SMALL_FILE_BYTES) {
      const part = { segment: await this.seal(content), offset: 0, sizeBytes: content.length, sha256: digest };
      this.cache.parts.set(digest, part);
      return part;
    }
    if (this.smallBytes + content.length > PACK_BYTES_MAX) await this.sealSmall();
    // `sealSmall` fills in the segment. Entries refer to this very object, so they see it.
    const part = { segment: "", offset: this.smallBytes, sizeBytes: content.length, sha256: digest };
    this.pending.set(digest, part);
    this.smallFiles.push({ content, part });
    this.smallBytes += content.length;
    return part;
  }

  private async sealSmall(): Promise<void> {
    if (this.smallFiles.length === 0) return;
    const segment = await this.seal(Buffer.concat(this.smallFiles.map(({ content }) => content)));
    for (const { part } of this.smallFiles) {
      part.segment = segment;
      this.cache.parts.set(part.sha256, part);
    }
    this.smallFiles = [];
    this.smallBytes = 0;
    this.pending.clear();
  }

  private async seal(content: Buffer): Promise<string> {
    const segment = await sealSegment(content);
    this.cache.segments.set(segment.digest, segment.bytes.length);
    await this.store(segment);
    return segment.digest;
  }

  private root: Promise<string> | undefined;
  private async realPath(relative: string): Promise<string> {
    this.root ??= realpath(this.layout.dir);
    return path.join(await this.root, relative);
  }
}
