import { type PackCache, type PackedVolume, packVolume, type Segment, type VolumeLayout } from "@/volume";

/** Segments are sent in groups of about this size, so that memory stays bounded whatever the volume's size. */
const GROUP_BYTES_MAX = 32 * 1024 * 1024;
const DIGESTS_MAX = 10_000;

/** Transfers a volume's segments to the server. Anything it throws ends the transfer. */
interface SegmentTransport {
  /** Returns which of these digests the server does not hold. */
  missing(digests: string[]): Promise<string[]>;
  upload(segment: Segment): Promise<void>;
  /** Throws where the transfer must be abandoned. */
  assertActive?(): void;
}

/**
 * Packs a volume and sends what the server does not hold. Returns undefined when the server no longer holds a segment
 * that an earlier archive sent; then everything must be read and sent again.
 */
export async function sendVolume(
  layout: VolumeLayout,
  cache: PackCache,
  transport: SegmentTransport,
): Promise<PackedVolume | undefined> {
  const sent = new Set<string>();
  let group: Segment[] = [];
  let groupBytes = 0;
  const send = async () => {
    const missing = new Set(
      await findMissing(
        transport,
        group.map(({ digest }) => digest),
      ),
    );
    for (const segment of group) {
      if (missing.has(segment.digest)) await transport.upload(segment);
      sent.add(segment.digest);
    }
    group = [];
    groupBytes = 0;
  };
  const packed = await packVolume(layout, cache, async (segment) => {
    transport.assertActive?.();
    group.push(segment);
    groupBytes += segment.bytes.length;
    if (groupBytes > GROUP_BYTES_MAX) await send();
  });
  await send();
  const reused = Object.keys(packed.segments).filter((digest) => !sent.has(digest));
  return (await findMissing(transport, reused)).length > 0 ? undefined : packed;
}

async function findMissing(transport: SegmentTransport, digests: string[]): Promise<string[]> {
  const missing: string[] = [];
  for (let start = 0; start < digests.length; start += DIGESTS_MAX)
    missing.push(...(await transport.missing(digests.slice(start, start + DIGESTS_MAX))));
  return missing;
}
