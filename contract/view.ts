import { z } from "zod";
import { ChosenId, chosenName, Int32, RecordId, text } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { VIEW_PAGES } from "./words";

const VIEW_NAME_MAX = 80;
const Page = z.enum(VIEW_PAGES);
const Name = chosenName(VIEW_NAME_MAX);
/** A text in the query language; the service parses it as the page's list does. */
const Query = text(1_000);

export const ListViewsInput = z.strictObject({
  page: Page.optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListViewsInput = z.infer<typeof ListViewsInput>;

export const CreateViewInput = z.strictObject({
  page: Page,
  name: Name,
  query: Query,
  /** Whether everyone in the tenant sees it. */
  isShared: z.boolean().default(false),
});
export type CreateViewInput = z.infer<typeof CreateViewInput>;

export const UpdateViewInput = z.strictObject({
  viewId: RecordId,
  name: Name.optional(),
  query: Query.optional(),
  isShared: z.boolean().optional(),
  /** The version that the caller has seen. */
  expectedVersion: Int32.optional(),
});
export type UpdateViewInput = z.infer<typeof UpdateViewInput>;

export const DeleteViewInput = z.strictObject({ viewId: RecordId, expectedVersion: Int32.optional() });
export type DeleteViewInput = z.infer<typeof DeleteViewInput>;

export const CountViewsInput = z.strictObject({
  page: Page.optional(),
  /** Whose marks decide what is unread; without a reader, views that ask for unread rows are not counted. */
  readerId: ChosenId.optional(),
  cursor: Cursor.optional(),
});
export type CountViewsInput = z.infer<typeof CountViewsInput>;

/** A list's query that was saved under a name. */
export const View = z.object({
  id: z.string(),
  page: Page,
  name: z.string(),
  query: z.string(),
  isShared: z.boolean(),
  /** Whether the caller made the view. */
  isOwn: z.boolean(),
  /** Whether the caller may change the view. */
  isEditable: z.boolean(),
  /** Who made the view, as the audit log names them. */
  owner: z.string(),
  tenantId: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
  version: z.number(),
});
export type View = z.infer<typeof View>;
export const ViewPageOf = pageOf(View);

export const ViewCount = z.object({
  viewId: z.string(),
  /** null: counting takes too long, a reader is missing, or the query is no longer understood. */
  count: z.number().nullable(),
  /** There are, or may be, more than that. */
  hasMore: z.boolean(),
});
export type ViewCount = z.infer<typeof ViewCount>;
/** Contains as many views as could be counted in the time allowed. */
export const ViewCountPage = pageOf(ViewCount);
