import type { SQL } from "drizzle-orm";
import type { BulkParams, BulkVerb, PreviewBulkInput } from "@/contract/bulk";
import type { BulkEnd, BulkSource, OpenPlace } from "@/db/queries/bulk";
import type { BulkActionRow } from "@/db/schema";
import type { ServiceContext, TxContext } from "@/server/context";

/** The outcome for one target. `after` runs once the transaction is committed, for what a transaction cannot do. */
export type ItemOutcome = BulkEnd & { after?: (ctx: ServiceContext) => Promise<void> };
export type Item = Pick<BulkActionRow, "id" | "action" | "params" | "reason"> & Omit<OpenPlace, "place">;
/** An action as it is judged before it is made. */
export type BulkRequest = { action: BulkVerb; params: BulkParams };
export type Selection = Pick<PreviewBulkInput, "ids" | "filter" | "asOf" | "tenantId" | "projectId">;

/** How targets of one kind are selected and handled: by the filter of their list, and by their own verbs. */
export type Kind = {
  /** Selects targets, without the reasons for skipping them. */
  source: (ctx: ServiceContext, selection: Selection) => Omit<BulkSource, "skip">;
  skip: (ctx: ServiceContext, asked: BulkRequest) => SQL;
  /** Handles one target in the transaction that notes its outcome. A throw counts as a refusal. */
  act: (ctx: TxContext, item: Item) => Promise<ItemOutcome>;
  /** Prepares, outside any transaction, a replacement of `act` for one target; null: `act` is used. */
  prepare?: (ctx: ServiceContext, item: Item) => Promise<Kind["act"] | null>;
};

export const UNCHANGED: ItemOutcome = { outcome: "unchanged" };
export const DONE: ItemOutcome = { outcome: "done" };
