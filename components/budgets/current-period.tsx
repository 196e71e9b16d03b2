import { operatorName } from "@/components/shell/operator-name";
import { Button } from "@/components/ui/button";
import { Tile } from "@/components/ui/chart/tile";
import { formatDuration } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Panel } from "@/components/ui/page";
import { useHydratedNow } from "@/components/ui/time/clock";
import { Countdown } from "@/components/ui/time/time";
import type { Budget, BudgetPeriod } from "@/contract/budget";
import { BudgetBar } from "./budget-bar";
import { paceOf } from "./pace";
import { useBudgetPermissions } from "./use-budget-permissions";
import { useWithdrawRaise } from "./use-withdraw-raise";
import { amountWords, formatAmount, leftOf, partWords, percentOf, percentWords, periodName } from "./words";

type CurrentPeriodProps = { budget: Budget; period: BudgetPeriod };

/** What is spent of the period that is under way, what is left of it, and where that leads. */
export function CurrentPeriod({ budget, period }: CurrentPeriodProps) {
  const { name, unit, warnPercent } = budget;
  const missingPart = partWords(unit, period);
  return (
    <Panel
      title={periodName(budget.period, period)}
      actions={
        period.endsAt !== null && (
          <span className="text-xs text-ink-3">
            resets <Countdown to={period.endsAt} />
          </span>
        )
      }
    >
      <div className="flex flex-col gap-3 p-4">
        <BudgetBar
          label={`Spent of ${revealHidden(name)}`}
          period={period}
          warnPercent={warnPercent}
          className="h-4 rounded-md"
        />
        <dl className="grid grid-cols-1 gap-px overflow-hidden rounded-lg border bg-line sm:grid-cols-3">
          <Tile
            name="Spent"
            value={formatAmount(unit, period.spent)}
            note={`${percentWords(period)} of ${amountWords(unit, period.limit)}`}
          />
          <Tile
            name="Left"
            value={formatAmount(unit, leftOf(period))}
            note={
              period.spent > period.limit
                ? `${amountWords(unit, period.spent - period.limit)} over the limit`
                : `${100 - percentOf(period)}% of the limit`
            }
          />
          <PaceTile unit={unit} period={period} />
        </dl>
        {missingPart !== null && <p className="text-xs text-warn">{missingPart}</p>}
        {period.isRaised && <Raised budget={budget} period={period} />}
      </div>
    </Panel>
  );
}

function PaceTile({ unit, period }: { unit: string; period: BudgetPeriod }) {
  const nowMs = useHydratedNow();
  const pace = nowMs === null ? null : paceOf(period, nowMs);
  if (nowMs === null || pace === null)
    return <Tile name="Forecast" value="–" note={period.state === "reached" ? "limit reached" : "too early to tell"} />;
  if (pace.kind === "lasts")
    return (
      <Tile
        name="Forecast"
        value="Within limit"
        note={`${amountWords(unit, roundAmount(unit, pace.spent))} at period end`}
      />
    );
  return (
    <Tile
      name="Forecast"
      value={`Limit in ${formatDuration(Math.max(60_000, pace.atMs - nowMs))}`}
      tone="text-warn"
      note={`about ${DATE_TIME_FORMAT.format(pace.atMs)}`}
    />
  );
}

/** A pace promises no fractions of a token. */
function roundAmount(unit: string, amount: number): number {
  return unit === "tokens" ? Math.round(amount) : amount;
}

const DATE_TIME_FORMAT = new Intl.DateTimeFormat(undefined, {
  ...{ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
});

/** That it was raised for this period, by whom, and the way back. */
function Raised({ budget, period }: CurrentPeriodProps) {
  const { canRaise } = useBudgetPermissions(budget.tenantId);
  const { isPending, withdrawRaise } = useWithdrawRaise(budget);
  const { unit, limit } = budget;
  return (
    <div className="flex flex-wrap items-center justify-between gap-2 rounded-md bg-sunken px-3 py-2 text-xs">
      <p className="min-w-0 wrap-anywhere">
        Raised{period.raisedBy !== null && ` by ${operatorName(period.raisedBy)}`} from {amountWords(unit, limit)} to{" "}
        {amountWords(unit, period.limit)} until this period ends.
      </p>
      {canRaise && (
        <Button size="sm" disabled={isPending} onClick={() => withdrawRaise(period)}>
          Undo raise
        </Button>
      )}
    </div>
  );
}
