"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { currentOf } from "@/components/queue/conflict";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { budgetNow } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { CurlButton } from "@/components/ui/curl/curl-button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { DialogForm } from "@/components/ui/dialog/dialog-form";
import { ChangedMeanwhile } from "@/components/ui/error/changed-meanwhile";
import { ErrorNote } from "@/components/ui/error/error-note";
import { sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Budget } from "@/contract/budget";
import { BUDGET_TOKENS } from "@/contract/words";
import { changeOf, draftOf, errorsOf, rebased } from "./draft";
import { LimitFields, NameField } from "./limit-fields";
import { boundsWords, PERIOD_WORDS, tenantWords } from "./words";

/** Changes a budget. Of one that was changed meanwhile the other's changes are shown, and one's own kept. */
export function EditBudgetDialog({ budget, onClose }: { budget: Budget; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const nameBox = useRef<HTMLInputElement>(null);
  const [loaded, setLoaded] = useState(budget);
  const [draft, setDraft] = useState(() => draftOf(budget));
  const [wasChanged, setWasChanged] = useState(false);
  const updateCached = (now: Budget) => {
    client.setQueryData(budgetNow(trpc, budget.id).queryKey, now);
    void client.invalidateQueries({ queryKey: trpc.budgets.pathKey() });
  };
  const update = useMutation(
    trpc.budgets.update.mutationOptions({
      onSuccess: (now) => {
        updateCached(now);
        void client.invalidateQueries({ queryKey: trpc.queue.pathKey() });
        toast.success(`Saved: ${revealHidden(now.name)}`);
        onClose();
      },
      onError: (error) => {
        const current = currentOf<Budget>(readError(error));
        if (current === null) return;
        updateCached(current);
        setDraft((draftAfterConflict) => rebased(draftAfterConflict, loaded, current));
        setLoaded(current);
        setWasChanged(true);
      },
    }),
  );
  const { change, faults } = changeOf(loaded, draft);
  const isWrong = Object.keys(faults).length > 0;
  const isSame = Object.keys(change).length === 0;
  const refused = errorsOf(update.error === null || wasChanged ? null : readError(update.error));
  const errors = { ...refused, ...faults };
  const { unit } = budget;
  const unitFields = { as: unit === BUDGET_TOKENS ? ("tokens" as const) : ("money" as const), currency: unit };

  function submit(): void {
    if (isSame || isWrong || update.isPending) return;
    setWasChanged(false);
    update.mutate({ budgetId: budget.id, expectedVersion: loaded.version, ...change });
  }

  const set = (next: Partial<typeof draft>) => setDraft((current) => ({ ...current, ...next }));
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      initialFocus={nameBox}
      title="Edit budget"
      description={revealHidden(
        `${sentence(boundsWords(budget))}, ${tenantWords(budget.tenantId)}, ${PERIOD_WORDS[budget.period]}. A new limit applies now, except while a raise is active.`,
      )}
    >
      <DialogForm noValidate onSubmit={submit}>
        <NameField {...{ draft, errors, set, nameBox }} />
        <LimitFields draft={{ ...draft, ...unitFields }} errors={errors} set={set} />
        {wasChanged ? <ChangedMeanwhile /> : <ErrorNote error={errors.form === undefined ? null : update.error} />}
        <div className="flex flex-wrap justify-end gap-2">
          <CurlButton
            call={() => ({ method: "PATCH", path: `/budgets/${encodeURIComponent(budget.id)}`, body: change })}
          />
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={isSame || isWrong || update.isPending}>
            {update.isPending ? "Saving…" : "Save"}
          </Button>
        </div>
      </DialogForm>
    </Dialog>
  );
}
