import { VolumeError } from "./layout";
import type { Part } from "./manifest";
import { openSegment, sha256 } from "./segments";

/** Opens segments and keeps the last one: neighbours in a folder are mostly in the same pack. */
export class SegmentReader {
  private last: { digest: string; content: Buffer } | undefined;

  constructor(private readonly fetchSegment: (digest: string) => Promise<Uint8Array>) {}

  /** Returns a part's content. Throws VolumeError where the segment does not hold it as the manifest says. */
  async read(part: Part): Promise<Buffer> {
    if (this.last?.digest !== part.segment) {
      this.last = {
        digest: part.segment,
        content: await openSegment(part.segment, await this.fetchSegment(part.segment)),
      };
    }
    const content = this.last.content.subarray(part.offset, part.offset + part.sizeBytes);
    if (content.length !== part.sizeBytes || sha256(content) !== part.sha256)
      throw new VolumeError(`segment ${part.segment} does not hold what the manifest says`);
    return content;
  }
}
