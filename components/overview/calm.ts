import type { Overview } from "@/contract/overview";

/** Whether nothing needs anybody and nothing goes on, by the same figures that the tiles have. */
export function isCalm({ needs, approvals, runs, queue }: Overview, unread: number | undefined): boolean {
  return [needs.length, approvals, runs.claimed, runs.pending, queue.running, unread].every((count) => count === 0);
}
