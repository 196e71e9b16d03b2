import { expect, test } from "vitest";
import type { Archive } from "@/server/archive/archive";

const DIGEST = "a".repeat(64);
const OTHER_DIGEST = "b".repeat(64);

/** Tests what every archive promises, whatever stores it. `open` makes an empty one. */
export function testArchive(open: () => Promise<{ archive: Archive } & AsyncDisposable>): void {
  test("a segment is kept as given, under its session alone", async () => {
    await using place = await open();
    const { archive } = place;
    const bytes = Buffer.from([0, 1, 255]);
    await expect(archive.check()).resolves.toBeUndefined();
    expect(await archive.put("ses_1", DIGEST, bytes)).toBe(true);
    expect(Buffer.from((await archive.get("ses_1", DIGEST)) ?? [])).toEqual(bytes);
    expect(await archive.get("ses_2", DIGEST)).toBeNull();
    expect(await archive.get("ses_1", OTHER_DIGEST)).toBeNull();
  });

  test("what is kept is never overwritten, however many write at once", async () => {
    await using place = await open();
    const { archive } = place;
    await Promise.all(["first", "second", "third"].map((text) => archive.put("ses_1", DIGEST, Buffer.from(text))));
    const kept = Buffer.from((await archive.get("ses_1", DIGEST)) ?? []).toString();
    expect(["first", "second", "third"]).toContain(kept);
    expect(await archive.put("ses_1", DIGEST, Buffer.from("later"))).toBe(false);
    expect(Buffer.from((await archive.get("ses_1", DIGEST)) ?? []).toString()).toBe(kept);
  });

  test("removing a session removes all of its own, and removing what is gone is no error", async () => {
    await using place = await open();
    const { archive } = place;
    for (const session of ["ses_1", "ses_2"]) {
      for (const digest of [DIGEST, OTHER_DIGEST]) await archive.put(session, digest, Buffer.from(session));
    }
    await archive.remove("ses_1", DIGEST);
    await archive.remove("ses_1", DIGEST);
    expect(await archive.get("ses_1", DIGEST)).toBeNull();
    expect(await archive.get("ses_1", OTHER_DIGEST)).not.toBeNull();
    await archive.removeAll("ses_1");
    await archive.removeAll("ses_1");
    expect(await archive.get("ses_1", OTHER_DIGEST)).toBeNull();
    expect(await archive.get("ses_2", OTHER_DIGEST)).not.toBeNull();
  });

  test("a copy is a session's own: neither the removal of one nor of the other touches it", async () => {
    await using place = await open();
    const { archive } = place;
    const read = async (sessionId: string) => Buffer.from((await archive.get(sessionId, DIGEST)) ?? []).toString();
    await archive.put("ses_1", DIGEST, Buffer.from("kept"));
    expect(await archive.copy("ses_1", "ses_2", DIGEST)).toBe(true);
    expect(await archive.copy("ses_1", "ses_2", DIGEST)).toBe(true);
    expect(await archive.copy("ses_1", "ses_2", OTHER_DIGEST)).toBe(false);
    expect(await archive.copy("ses_3", "ses_2", DIGEST)).toBe(false);
    await archive.removeAll("ses_1");
    expect([await read("ses_1"), await read("ses_2")]).toEqual(["", "kept"]);
    expect(await archive.copy("ses_2", "ses_1", DIGEST)).toBe(true);
    await archive.remove("ses_2", DIGEST);
    expect([await read("ses_1"), await read("ses_2")]).toEqual(["kept", ""]);
  });

  test("only a digest names a segment", async () => {
    await using place = await open();
    await expect(place.archive.get("ses_1", "../../etc/passwd")).rejects.toThrow("64 hex digits");
  });
}
