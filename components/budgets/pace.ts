import type { BudgetPeriod } from "@/contract/budget";

/** Before so much of a period has passed, a pace says nothing yet. */
const SHARE_MIN = 0.05;

/** Where it leads if it is spent as it was until now. */
export type Pace =
  /** It lasts the period, at whose end so much is spent. */
  | { kind: "lasts"; spent: number }
  /** All of it is spent by then. */
  | { kind: "ends"; atMs: number };

type Spending = Pick<BudgetPeriod, "startsAt" | "endsAt" | "spent" | "limit">;

/** null: nothing can be said. Too little of the period has passed, nothing or all was spent, or it has no end. */
export function paceOf({ startsAt, endsAt, spent, limit }: Spending, nowMs: number): Pace | null {
  if (startsAt === null || endsAt === null || spent === 0 || spent >= limit) return null;
  const [fromMs, toMs] = [Date.parse(startsAt), Date.parse(endsAt)];
  const share = (nowMs - fromMs) / (toMs - fromMs);
  if (share < SHARE_MIN || share >= 1) return null;
  const projected = spent / share;
  return projected <= limit
    ? { kind: "lasts", spent: projected }
    : { kind: "ends", atMs: fromMs + (nowMs - fromMs) * (limit / spent) };
}
