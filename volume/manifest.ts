import { createHash } from "node:crypto";
import { z } from "zod";
import { Sha256 } from "@/contract/storage";
import { OMITTED_REASONS } from "@/contract/words";

/** A path on the volume: relative, without `.`, `..` or empty steps, so that a restore can never leave the volume. */
export const VolumePath = z
  .string()
  .min(1)
  .max(4_096)
  .refine(
    (path) => !path.includes("\0") && path.split("/").every((step) => step !== "" && step !== "." && step !== ".."),
    "a path inside the volume",
  );

/** A piece of a file: a number of bytes of a segment's content, from an offset. */
export const Part = z.strictObject({
  segment: Sha256,
  offset: z.int().min(0),
  sizeBytes: z.int().min(0),
  sha256: Sha256,
});
export type Part = z.infer<typeof Part>;

const Mode = z.int().min(0).max(0o777);
export const Entry = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("file"),
    path: VolumePath,
    mode: Mode,
    sizeBytes: z.int().min(0),
    sha256: Sha256,
    parts: z.array(Part),
  }),
  z.strictObject({ kind: z.literal("folder"), path: VolumePath, mode: Mode }),
  z.strictObject({ kind: z.literal("link"), path: VolumePath, target: z.string().min(1).max(4_096) }),
]);
export type Entry = z.infer<typeof Entry>;

/** Something that the volume holds but its archive does not. */
export const Omitted = z.strictObject({
  path: z.string(),
  reason: z.enum(OMITTED_REASONS),
});
export type Omitted = z.infer<typeof Omitted>;

/**
 * What a session's volume held at the end of a turn. A segment is named by the SHA-256 of its stored gzip bytes, so
 * whoever stores one can verify it. A part and a file are named by the SHA-256 of their content.
 */
export const Manifest = z.strictObject({
  format: z.literal(1),
  sessionId: z.string(),
  runId: z.string(),
  attemptId: z.string(),
  leaseEpoch: z.int(),
  threadId: z.string().nullable(),
  turnId: z.string().nullable(),
  createdAt: z.string(),
  rolloutSubdir: z.string(),
  sizeBytes: z.int().min(0),
  filesCount: z.int().min(0),
  sha256: Sha256,
  entries: z.array(Entry),
  /** Size of each segment in gzip bytes, by its name. */
  segments: z.record(Sha256, z.int().min(0)),
  omitted: z.array(Omitted),
  omittedCount: z.int().min(0),
});
export type Manifest = z.infer<typeof Manifest>;

/** Returns the digest of a volume's content, made from its entries whatever segments hold them. */
export function volumeDigest(entries: readonly Entry[]): string {
  const hash = createHash("sha256");
  for (const entry of entries)
    hash.update(
      `${JSON.stringify(entry.kind === "file" ? [entry.kind, entry.path, entry.mode, entry.sizeBytes, entry.sha256] : Object.values(entry))}\n`,
    );
  return hash.digest("hex");
}
