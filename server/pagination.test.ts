import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { testContext } from "@/server/test/context";
import { decodePlace, encodeCursor } from "./pagination";

test("a cursor preserves an instant as PostgreSQL prints it, in any year and time zone", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const client = await ctx.pool.connect();
  for (const zone of ["UTC", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati"]) {
    await client.query("select set_config('TimeZone', $1, false)", [zone]);
    for (const instant of ["2024-02-29 23:59:59.123456+00", "0001-01-02 00:00:00+00", "12026-01-01 00:00:00+00"]) {
      const { rows } = await client.query("select $1::timestamptz::text as at", [instant]);
      const place = [rows[0].at, "id"];
      expect(decodePlace({}, encodeCursor({}, place), 2)).toEqual(place);
    }
  }
  client.release(true);
});

test("refuses an instant that PostgreSQL could not read", async () => {
  for (const at of ["2023-02-29 00:00:00+00", "0001-02-29 00:00:00+00 BC x", "4714-01-01 00:00:00+00 BC", "", null, 7])
    expect(() => decodePlace({}, encodeCursor({}, [at, "id"]), 2)).toThrow("the cursor is damaged");
  for (const at of ["0001-02-29 00:00:00+00 BC", "4713-01-01 00:00:00+15:59:59 BC", "2000-02-29 00:00:00-00"])
    expect(decodePlace({}, encodeCursor({}, [at, "id"]), 2)).toEqual([at, "id"]);
});
