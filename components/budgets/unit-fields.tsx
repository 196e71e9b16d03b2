import { CheckedField } from "@/components/ui/form/checked-field";
import { Choices } from "@/components/ui/form/choices";
import { Input } from "@/components/ui/form/field";
import { BUDGET_PERIODS, type BudgetPeriodKind } from "@/contract/words";
import type { BudgetDraft, BudgetErrors } from "./draft";
import { PERIOD_NAMES } from "./words";

const PERIOD_HINTS: Record<BudgetPeriodKind, string> = {
  day: "Resets at midnight UTC.",
  week: "Resets on Mondays at midnight UTC.",
  month: "Resets on the first of the month at midnight UTC.",
  session: "Each session has its own budget.",
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
        <legend className="mb-1 text-xs font-medium text-ink-2">Resets</legend>
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
        <legend className="mb-1 text-xs font-medium text-ink-2">Unit</legend>
        <Choices label="Unit" values={UNITS} names={UNIT_NAMES} value={draft.as} onChange={(as) => set({ as })} />
        {draft.as === "money" && (
          <CheckedField
            label="Currency"
            hint="Calls count at their profile’s price in this currency. Calls without a price don’t count."
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
