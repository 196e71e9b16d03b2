"use client";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { CurlButton } from "@/components/ui/curl/curl-button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { DialogForm } from "@/components/ui/dialog/dialog-form";
import { ErrorNote } from "@/components/ui/error/error-note";
import { CheckedField } from "@/components/ui/form/checked-field";
import { Input } from "@/components/ui/form/field";
import { shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Countdown } from "@/components/ui/time/time";
import type { Budget, BudgetPeriod } from "@/contract/budget";
import { BUDGET_TOKENS } from "@/contract/words";
import { BudgetBar } from "./budget-bar";
import { errorsOf } from "./draft";
import { raiseChoices, readAmount } from "./raise";
import { useRaise } from "./use-raise";
import { amountWords, percentWords, spentWords } from "./words";

type RaiseBudgetDialogProps = {
  budget: Pick<Budget, "id" | "name" | "unit">;
  period: BudgetPeriod;
  onClose: () => void;
};

/** Lets a period that is under way have more, until it ends. */
export function RaiseBudgetDialog({ budget, period, onClose }: RaiseBudgetDialogProps) {
  const { id: budgetId, name, unit } = budget;
  const { sessionId, spent } = period;
  const field = useRef<HTMLInputElement>(null);
  const choices = raiseChoices(unit, period);
  const [typed, setTyped] = useState(String(choices[1]?.limit ?? ""));
  const raise = useRaise(({ limit }) => {
    toast.success(`Raised to ${amountWords(unit, limit)}: ${revealHidden(name)}`);
    onClose();
  });
  const limit = readAmount(typed);
  const errors = errorsOf(raise.error === null ? null : readError(raise.error));
  const error = limit === null ? "Enter an amount, such as 12.50." : errors.limit;
  const input = { ...(sessionId === null ? {} : { sessionId }), limit };

  function submit(): void {
    if (limit !== null && !raise.isPending) raise.mutate({ budgetId, ...input });
  }

  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      initialFocus={field}
      title={`Raise ${revealHidden(name)}`}
      description={sessionId === null ? undefined : `Only for session ${shortenId(sessionId)}.`}
    >
      <DialogForm noValidate onSubmit={submit}>
        <div className="flex flex-col gap-1 text-xs">
          <p className="flex justify-between gap-2 tabular-nums">
            <span className="font-medium">Spent: {spentWords(unit, period)}</span>
            <span className="text-ink-3">{percentWords(period)}</span>
          </p>
          <BudgetBar label="Spent so far" period={period} warnPercent={null} />
        </div>
        <CheckedField
          label={`New limit in ${unit === BUDGET_TOKENS ? "tokens" : unit}`}
          error={error}
          hint={limit !== null && limit <= spent ? "Already spent: calls stay blocked." : undefined}
        >
          {(id, aria) => (
            <Input
              ref={field}
              id={id}
              {...aria}
              inputMode="decimal"
              autoComplete="off"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </CheckedField>
        <fieldset className="min-w-0">
          <legend className="sr-only">Common raises</legend>
          <div className="flex flex-wrap gap-2">
            {choices.map((choice) => (
              <Button
                key={choice.name}
                size="sm"
                aria-pressed={choice.limit === limit}
                className="aria-pressed:bg-accent-soft"
                onClick={() => setTyped(String(choice.limit))}
              >
                {choice.name} <span className="text-ink-3 tabular-nums">{amountWords(unit, choice.limit)}</span>
              </Button>
            ))}
          </div>
        </fieldset>
        <HowLong period={period} />
        <ErrorNote error={errors.limit === undefined ? raise.error : null} />
        <div className="flex flex-wrap items-center justify-end gap-2">
          <CurlButton
            call={() => ({ method: "POST", path: `/budgets/${encodeURIComponent(budgetId)}/raise`, body: input })}
          />
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={limit === null || raise.isPending}>
            {raise.isPending ? "Raising…" : "Raise"}
          </Button>
        </div>
      </DialogForm>
    </Dialog>
  );
}

function HowLong({ period: { endsAt } }: { period: BudgetPeriod }) {
  return (
    <p className="text-xs text-ink-2">
      {endsAt === null ? (
        "Applies for the life of the session."
      ) : (
        <>
          Applies until the period ends, <Countdown to={endsAt} />. The next period uses the budget’s own limit.
        </>
      )}{" "}
      Blocked work resumes automatically. The raise is recorded in the audit log.
    </p>
  );
}
