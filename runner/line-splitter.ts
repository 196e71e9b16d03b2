/** Splits bytes into lines at 0x0A only: U+2028 and a lone CR are legal inside a JSON string. */
export class LineSplitter {
  private parts: Buffer[] = [];
  private size = 0;
  private isSkipping = false;

  constructor(private readonly opts: { lineMaxBytes: number; onLine: (line: string) => void; onTooLong: () => void }) {}

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(10, start); end !== -1; end = chunk.indexOf(10, start)) {
      this.add(chunk.subarray(start, end));
      this.flush();
      start = end + 1;
    }
    this.add(chunk.subarray(start));
  }

  private add(part: Buffer): void {
    if (this.isSkipping || part.length === 0) return;
    if (this.size + part.length > this.opts.lineMaxBytes) {
      this.isSkipping = true;
      this.parts = [];
      this.opts.onTooLong();
      return;
    }
    this.parts.push(part);
    this.size += part.length;
  }

  private flush(): void {
    const line = Buffer.concat(this.parts).toString("utf8");
    const isWhole = !this.isSkipping;
    this.parts = [];
    this.size = 0;
    this.isSkipping = false;
    if (isWhole && line.trim() !== "") this.opts.onLine(line);
  }
}
