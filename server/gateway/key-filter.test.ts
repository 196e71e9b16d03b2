import { expect, test } from "vitest";
import { KeyFilter } from "./key-filter";

const KEY = "mm/live+A1B2C3D4E5F6G7H8/I9J0K1L2M3N4O5P6";

test("removes a key at any chunk boundary, also twice in a row", () => {
  const text = `a ${KEY}${KEY} b`;
  for (let cut = 0; cut <= text.length; cut += 1) {
    const filter = KeyFilter.of(KEY);
    const pieces = [text.slice(0, cut), text.slice(cut)].map((piece) => filter?.take(Buffer.from(piece)));
    const passed = [...pieces, filter?.rest()].map((piece) => Buffer.from(piece ?? []));
    expect(Buffer.concat(passed).toString()).toBe("a [redacted][redacted] b");
  }
});
