import type { AuditRow } from "@/contract/audit";
import type { Page } from "@/contract/page";

/** Rows of one export; more are fetched by REST, page by page. */
export const EXPORTED_MAX = 10_000;
/** Pages may be short where a filter is looked up row by row: they are bounded too. */
const PAGES_MAX = 400;

export type Exported = { lines: string[]; isPartial: boolean };

/** The rows of a list as NDJSON, the newest first, up to a bound; `onRows` hears how far it is. */
export async function exportRows(
  pageAt: (cursor: string | null) => Promise<Page<AuditRow>>,
  onRows: (rows: number) => void,
): Promise<Exported> {
  const lines: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const page: Page<AuditRow> = await pageAt(cursor);
    for (const row of page.items.slice(0, EXPORTED_MAX - lines.length)) lines.push(JSON.stringify(row));
    onRows(lines.length);
    ({ cursor } = page);
    if (cursor === null) return { lines, isPartial: false };
    if (lines.length >= EXPORTED_MAX) break;
  }
  return { lines, isPartial: true };
}
