import { expect, test } from "vitest";
import { createEmptyDatabase } from "./database";

test("two databases of one test are separate, and removed after it", async () => {
  let url: string;
  {
    await using first = await createEmptyDatabase();
    await using second = await createEmptyDatabase();
    url = first.url;
    const one = await first.connect();
    const two = await second.connect();
    await one.query("create table marks (id int)");
    await expect(two.query("select * from marks")).rejects.toMatchObject({ code: "42P01" });
  }
  await using other = await createEmptyDatabase();
  const client = await other.connect();
  const left = await client.query("select 1 from pg_database where datname = $1", [new URL(url).pathname.slice(1)]);
  expect(left.rowCount).toBe(0);
});
