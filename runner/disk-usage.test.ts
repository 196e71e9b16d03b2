import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { describeUsage } from "./disk-usage";

test("lists the largest folders, without their parents", async () => {
  const dir = mkdtempSync(path.join(tmpdir(), "agentrun-usage-"));
  const fill = (file: string, kib: number) => {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    writeFileSync(path.join(dir, file), Buffer.alloc(kib * 1024, 1));
  };
  fill("workspace/app/node_modules/deep/down/there/a.bin", 3_000);
  fill("workspace/app/src/b.bin", 40);
  fill("sessions/c.jsonl", 500);
  expect(await describeUsage([{ name: "volume", dir }])).toMatch(
    /^Most of it is in volume\/workspace\/app\/node_modules 2\.9 MiB, volume\/sessions 500 KiB, volume\/workspace\/app\/src 40(\.0)? KiB\.$/,
  );
  rmSync(dir, { recursive: true });
  expect(await describeUsage([{ name: "volume", dir }])).toBe("");
});
