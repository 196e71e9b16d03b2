import { CheckedField } from "@/components/ui/checked-field";
import { Choices } from "@/components/ui/choices";
import { Input } from "@/components/ui/field";
import { BUDGET_PERIODS, type BudgetPeriodKind } from "@/contract/words";
import type { BudgetDraft, BudgetErrors } from "./draft";
import { PERIOD_NAMES } from "./words";

const PERIOD_HINTS: Record<BudgetPeriodKind, string> = {
  day: "Days begin at midnight of UTC.",
  week: "Weeks begin on Mondays, at midnight of UTC.",
  month: "Months begin on their first day, at midnight of UTC.",
  session: "Each session has a budget of its own, for as long as it is there.",
};
const UNITS = ["money", "tokens"] as const;
const UNIT_NAMES = { money: "Money", tokens: "Tokens" };

type UnitFieldsProps = {
  draft: Pick<BudgetDraft, "period" | "as" | "currency">;
  errors: BudgetErrors;
  /** To choose from. */
  currencies: readonly string[];
  set: (change: Partial<BudgetDraft>) => void;
};

/** How long what is spent counts, and what is counted. */
export function UnitFields({ draft, errors, currencies, set }: UnitFieldsProps) {
  return (
    <>
      <fieldset className="flex min-w-0 flex-col gap-1">
        <legend className="mb-1 text-xs font-medium text-ink-2">Begins anew</legend>
        <Choices
          label="Period"
          values={BUDGET_PERIODS}
          names={PERIOD_NAMES}
          value={draft.period}
          onChange={(period) => set({ period })}
        />
        <p className="text-xs text-ink-3">{PERIOD_HINTS[draft.period]}</p>
      </fieldset>
      <fieldset className="flex min-w-0 flex-col gap-3">
        <legend className="mb-1 text-xs font-medium text-ink-2">Counted in</legend>
        <Choices label="Unit" values={UNITS} names={UNIT_NAMES} value={draft.as} onChange={(as) => set({ as })} />
        {draft.as === "money" && (
          <CheckedField
            label="Currency"
            hint="Calls count by their profile’s price in it; those without one are told of, and do not count."
            error={errors.currency}
          >
            {(id, aria) => (
              <>
                <Input
                  id={id}
                  {...aria}
                  list={`${id}-known`}
                  maxLength={3}
                  className="uppercase"
                  autoComplete="off"
                  spellCheck={false}
                  value={draft.currency}
                  onChange={(event) => set({ currency: event.target.value })}
                />
                <datalist id={`${id}-known`}>
                  {currencies.map((currency) => (
                    <option key={currency} value={currency} />
                  ))}
                </datalist>
              </>
            )}
          </CheckedField>
        )}
      </fieldset>
    </>
  );
}
