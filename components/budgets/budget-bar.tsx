import { cn } from "@/components/ui/class-names";
import type { BudgetPeriod } from "@/contract/budget";
import type { BudgetState } from "@/contract/words";
import { percentWords } from "./words";

const FILLS: Record<BudgetState, string> = { within: "bg-accent-fill", near: "bg-warn", reached: "bg-bad-fill" };

type BudgetBarProps = {
  /** Whose it is, for who does not see what stands beside it. */
  label: string;
  period: Pick<BudgetPeriod, "spent" | "limit" | "state">;
  warnPercent: number | null;
  className?: string;
};

/** What is spent of the limit, with a mark at the share at which people are told. */
export function BudgetBar({ label, period, warnPercent, className }: BudgetBarProps) {
  const warningText = warnPercent === null ? "" : `; warns at ${warnPercent}%`;
  return (
    <div
      role="img"
      aria-label={`${label}: ${percentWords(period)}${warningText}`}
      className={cn("relative h-2 overflow-hidden rounded-full border bg-sunken forced-color-adjust-none", className)}
    >
      <span
        className={cn("absolute inset-y-0 left-0", FILLS[period.state])}
        style={{ width: `${Math.min(100, (period.spent / period.limit) * 100)}%` }}
      />
      {warnPercent !== null && (
        <span
          className="absolute inset-y-0 -ml-px w-0.5 bg-ink outline-1 outline-panel"
          style={{ left: `${warnPercent}%` }}
        />
      )}
    </div>
  );
}
