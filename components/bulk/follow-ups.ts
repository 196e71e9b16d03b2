import type { BulkAction, BulkOutcomes } from "@/contract/bulk";

/** The actions that try again what one was refused, and that take it back. */
export type FollowUps = Pick<BulkOutcomes, "retriedById" | "undoneById">;

/** What follows an action, among those that are listed with it. */
export function followUpsOf({ id, action }: BulkAction, listed: readonly BulkAction[]): FollowUps {
  const followers = listed.filter(({ sourceId }) => sourceId === id);
  return {
    retriedById: followers.find((follower) => follower.action === action)?.id ?? null,
    undoneById: followers.find((follower) => follower.action !== action)?.id ?? null,
  };
}
