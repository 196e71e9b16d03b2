import { Chart, Key } from "@/components/ui/chart/chart";
import { ChartCanvas, Line } from "@/components/ui/chart/chart-canvas";
import { formatPlural } from "@/components/ui/format";
import type { Budget, BudgetPeriod } from "@/contract/budget";
import type { BudgetState } from "@/contract/words";
import { amountWords, conditionOf, formatAmount, percentWords, periodName } from "./words";

const HEIGHT = 100;
/** As many bars as can be told apart on a phone. */
const PERIODS_SHOWN = 40;
const LIMIT = "border-t-2 border-dashed border-ink-2 rounded-none h-0";
const STATE_STYLES: Record<BudgetState, { fill: string; swatch: string }> = {
  within: { fill: "fill-accent-fill", swatch: "bg-accent-fill" },
  near: { fill: "fill-warn", swatch: "bg-warn" },
  reached: { fill: "fill-bad-fill", swatch: "bg-bad-fill" },
};

type PeriodsChartProps = {
  budget: Pick<Budget, "unit" | "period">;
  /** The newest first. */
  periods: readonly BudgetPeriod[];
};

/** What was spent in each period, against what might be. */
export function PeriodsChart({ budget, periods }: PeriodsChartProps) {
  const { unit, period: kind } = budget;
  const shown = periods.slice(0, PERIODS_SHOWN).toReversed();
  const top = topOf(shown.flatMap(({ spent, limit }) => [spent, limit]));
  const y = (amount: number) => (amount / top) * HEIGHT;
  const reached = shown.filter(({ state }) => state === "reached").length;
  const nameOf = (period: BudgetPeriod | undefined) => (period === undefined ? "" : periodName(kind, period));
  return (
    <Chart
      title="Spent by period"
      summary={`Spent in the last ${formatPlural(shown.length, "period")}; ${reached} reached the limit`}
      scale={{ top, format: (amount) => amountWords(unit, amount) }}
      from={nameOf(shown[0])}
      to={nameOf(shown.at(-1))}
      legend={
        <>
          <Key swatch={STATE_STYLES.within.swatch} name="Within limit" />
          <Key swatch={STATE_STYLES.near.swatch} name="Near limit" />
          <Key swatch={STATE_STYLES.reached.swatch} name="Over limit" value={String(reached)} />
          <Key swatch={LIMIT} name="Limit" />
        </>
      }
      plot={
        <ChartCanvas width={shown.length} height={HEIGHT}>
          {shown.map(({ key, spent, state }, index) => (
            <rect
              key={key}
              x={index + 0.15}
              width={0.7}
              y={HEIGHT - y(spent)}
              height={y(spent)}
              className={STATE_STYLES[state].fill}
            />
          ))}
          <Line
            values={shown.map(({ limit }) => limit)}
            {...{ top, height: HEIGHT }}
            className="stroke-ink-2"
            isDashed
          />
        </ChartCanvas>
      }
      columns={["Period", "Spent", "Limit", "Share", "State"]}
      swatches={[STATE_STYLES.within.swatch, LIMIT]}
      isNewestFirst
      rows={shown.map((period) => [
        periodName(kind, period),
        formatAmount(unit, period.spent),
        formatAmount(unit, period.limit),
        `${percentWords(period)}`,
        conditionOf(period.state, null).word,
      ])}
    />
  );
}

const SCALE_STEPS = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10];

/** A round figure with a little room above all of these: whether a bar is above its limit is what is looked for. */
function topOf(amounts: readonly number[]): number {
  const maxAmount = Math.max(...amounts) * 1.05;
  const power = 10 ** Math.floor(Math.log10(maxAmount));
  return power * (SCALE_STEPS.find((factor) => factor * power >= maxAmount) ?? 10);
}
