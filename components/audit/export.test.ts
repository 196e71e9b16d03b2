import { expect, test } from "vitest";
import type { AuditRow } from "@/contract/audit";
import { EXPORTED_MAX, exportRows } from "./export";

const row = (id: number) => ({ id: `aud_${id}`, details: { text: "a\nb" } }) as unknown as AuditRow;

test("exports all pages, one row per line, and skips empty pages", async () => {
  const pages = [[row(1), row(2)], [], [row(3)]];
  const progress: number[] = [];
  const { lines, isPartial } = await exportRows(
    async (cursor) => {
      const at = Number(cursor ?? 0);
      return { items: pages[at] ?? [], cursor: at + 1 < pages.length ? String(at + 1) : null };
    },
    (rows) => progress.push(rows),
  );
  expect(lines.map((line) => JSON.parse(line).id)).toEqual(["aud_1", "aud_2", "aud_3"]);
  expect(lines.every((line) => !line.includes("\n"))).toBe(true);
  expect([progress, isPartial]).toEqual([[2, 2, 3], false]);
});

test("an export ends at its maximum of rows, and of pages when they are empty", async () => {
  const full = await exportRows(
    async () => ({ items: Array.from({ length: 300 }, (_, id) => row(id)), cursor: "on" }),
    () => undefined,
  );
  expect([full.lines.length, full.isPartial]).toEqual([EXPORTED_MAX, true]);
  const empty = await exportRows(
    async () => ({ items: [], cursor: "on" }),
    () => undefined,
  );
  expect(empty).toEqual({ lines: [], isPartial: true });
});
