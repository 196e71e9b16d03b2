import type { Ref } from "react";
import { CheckedField } from "@/components/ui/form/checked-field";
import { Input } from "@/components/ui/form/field";
import { Radios } from "@/components/ui/form/radios";
import { BUDGET_ACTIONS } from "@/contract/words";
import type { BudgetDraft, BudgetErrors } from "./draft";
import { ACTION_WORDS } from "./words";

type FieldProps<Key extends keyof BudgetDraft> = {
  draft: Pick<BudgetDraft, Key>;
  errors: BudgetErrors;
  set: (change: Partial<Pick<BudgetDraft, Key>>) => void;
};

export function NameField({ draft, errors, set, nameBox }: FieldProps<"name"> & { nameBox: Ref<HTMLInputElement> }) {
  return (
    <CheckedField label="Name" hint="Shown in lists and alerts." error={errors.name}>
      {(id, aria) => (
        <Input
          ref={nameBox}
          id={id}
          {...aria}
          maxLength={80}
          autoComplete="off"
          value={draft.name}
          onChange={(event) => set({ name: event.target.value })}
        />
      )}
    </CheckedField>
  );
}

type LimitFieldsProps = FieldProps<"limit" | "warn" | "action"> & {
  draft: Pick<BudgetDraft, "as" | "currency">;
};

/** How much may be spent, when people are told, and what is done at the limit. */
export function LimitFields({ draft, errors, set }: LimitFieldsProps) {
  const unit = draft.as === "tokens" ? "tokens" : draft.currency.trim().toUpperCase();
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-2">
        <CheckedField label={unit === "" ? "Limit" : `Limit in ${unit}`} error={errors.limit}>
          {(id, aria) => (
            <Input
              id={id}
              {...aria}
              inputMode="decimal"
              autoComplete="off"
              value={draft.limit}
              onChange={(event) => set({ limit: event.target.value })}
            />
          )}
        </CheckedField>
        <CheckedField label="Warn at (%)" hint="Leave empty to warn at the limit only." error={errors.warn}>
          {(id, aria) => (
            <Input
              id={id}
              {...aria}
              inputMode="numeric"
              autoComplete="off"
              value={draft.warn}
              onChange={(event) => set({ warn: event.target.value })}
            />
          )}
        </CheckedField>
      </div>
      <Radios
        label="At the limit"
        values={BUDGET_ACTIONS}
        descriptions={ACTION_WORDS}
        value={draft.action}
        onChange={(action) => set({ action })}
      />
    </>
  );
}
