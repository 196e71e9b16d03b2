import type { Page } from "@/contract/page";
import type { ListViewsInput, View } from "@/contract/view";
import type { ServiceContext } from "@/server/context";
import { pageFrom } from "@/server/pagination";
import { readViewPage } from "./read-page";
import { toView } from "./view";

/** Lists the caller's own views and those that its tenant shares, the oldest first. */
export async function listViews(ctx: ServiceContext, { limit, ...asked }: ListViewsInput): Promise<Page<View>> {
  const { rows, cursorOf } = await readViewPage(ctx, asked, { list: "views.list", max: limit + 1 });
  const page = pageFrom(rows, limit, cursorOf);
  return { items: page.rows.map(({ view }) => toView(ctx, view)), cursor: page.cursor };
}
