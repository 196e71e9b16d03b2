import type { QueueAttention } from "@/contract/queue-commander";

/** Things that need a person for the same reason; one where it is alone. */
export type Cause = readonly [QueueAttention, ...QueueAttention[]];

/** More tasks than these that failed alike are one row. */
const ALIKE = 3;
const GROUPED: readonly QueueAttention["kind"][] = ["dead-letter", "parked"];

/** What needs a person, in its order: tasks of one kind and message stand together where they are many. */
export function causesOf(items: readonly QueueAttention[]): Cause[] {
  return items.flatMap((item): Cause[] => {
    const same = items.filter((other) => isAlike(item, other));
    const [first, ...rest] = same;
    if (first === undefined || same.length <= ALIKE) return [[item]];
    return first === item ? [[first, ...rest]] : [];
  });
}

function isAlike(left: QueueAttention, right: QueueAttention): boolean {
  const isGrouped = left.taskId !== null && right.taskId !== null && GROUPED.includes(left.kind);
  return isGrouped && left.kind === right.kind && left.message === right.message;
}
