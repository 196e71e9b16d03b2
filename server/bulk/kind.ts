import type { SQL } from "drizzle-orm";
import type { BulkParams, BulkVerb, PreviewBulkInput } from "@/contract/bulk";
import type { BulkEnd, BulkSource, OpenPlace } from "@/db/queries/bulk";
import type { BulkActionRow } from "@/db/schema";
import type { ServiceContext, TxContext } from "@/server/context";

/** What became of one of many; `after` reaches what a transaction may not, once it is committed. */
export type Dealt = BulkEnd & { after?: (ctx: ServiceContext) => Promise<void> };
export type Item = Pick<BulkActionRow, "id" | "action" | "params" | "reason"> & Omit<OpenPlace, "place">;
/** An action as it is judged before it is made. */
export type Asked = { action: BulkVerb; params: BulkParams };
export type Selection = Pick<PreviewBulkInput, "ids" | "filter" | "asOf" | "tenantId" | "projectId">;

/** How one sort of thing is chosen and dealt with: by its list's own filter, and by the verbs of its own door. */
export type Kind = {
  /** Without why each would be skipped. */
  source: (ctx: ServiceContext, selection: Selection) => Omit<BulkSource, "skip">;
  skip: (ctx: ServiceContext, asked: Asked) => SQL;
  /** Deals with one in the transaction that notes what became of it; a throw is a refusal. */
  act: (ctx: TxContext, item: Item) => Promise<Dealt>;
  /** Finds out before, outside of any transaction, what takes the place of `act`; null: nothing does. */
  prepare?: (ctx: ServiceContext, item: Item) => Promise<Kind["act"] | null>;
};

export const UNCHANGED: Dealt = { outcome: "unchanged" };
export const DONE: Dealt = { outcome: "done" };
