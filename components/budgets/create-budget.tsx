"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { budgetAddress } from "@/components/shell/addresses";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { usageOfProfiles } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { CurlButton } from "@/components/ui/curl/curl-button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { DialogForm } from "@/components/ui/dialog/dialog-form";
import { ErrorNote } from "@/components/ui/error/error-note";
import { revealHidden } from "@/components/ui/hidden-characters";
import { BoundsFields } from "./bounds-fields";
import { type BudgetDraft, createInputOf, errorsOf, NEW_DRAFT } from "./draft";
import { LimitFields, NameField } from "./limit-fields";
import { UnitFields } from "./unit-fields";

/** Makes a budget; what is wrong with it is said where it was typed. */
export function CreateBudgetDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const router = useRouter();
  const seesAll = useIdentity().tenantId === null;
  const currencies = useCurrencies();
  const nameBox = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState<Omit<BudgetDraft, "currency"> & { currency: string | null }>(NEW_DRAFT);
  // Until somebody types one, a currency that calls have prices in.
  const draft: BudgetDraft = { ...typed, currency: typed.currency ?? currencies[0] ?? "" };
  /** Nothing is called wrong before it was sent. */
  const [wasSent, setWasSent] = useState(false);
  const create = useMutation(
    trpc.budgets.create.mutationOptions({
      onSuccess: (budget) => {
        void client.invalidateQueries({ queryKey: trpc.budgets.pathKey() });
        toast.success(`Created: ${revealHidden(budget.name)}`);
        onClose();
        router.push(budgetAddress(budget.id));
      },
    }),
  );
  const { input, faults } = createInputOf(draft, seesAll);
  const errors = { ...errorsOf(create.error === null ? null : readError(create.error)), ...(wasSent ? faults : {}) };
  const set = (change: Partial<BudgetDraft>) => setTyped((before) => ({ ...before, ...change }));

  function submit(): void {
    setWasSent(true);
    if (input !== null && !create.isPending) create.mutate(input);
  }

  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      initialFocus={nameBox}
      title="New budget"
      description="Scope, period and unit can't be changed later."
    >
      <DialogForm noValidate onSubmit={submit}>
        <NameField {...{ draft, errors, set, nameBox }} />
        <BoundsFields {...{ draft, errors, set, seesAll }} />
        <UnitFields {...{ draft, errors, set, currencies }} />
        <LimitFields {...{ draft, errors, set }} />
        <ErrorNote error={errors.form === undefined ? null : create.error} />
        <div className="flex flex-wrap items-center justify-end gap-2">
          <CurlButton call={() => ({ method: "POST", path: "/budgets", body: input ?? {} })} />
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={create.isPending}>
            {create.isPending ? "Creating…" : "Create budget"}
          </Button>
        </div>
      </DialogForm>
    </Dialog>
  );
}

/** The currencies that calls of late had prices in; dollars where none had. */
function useCurrencies(): string[] {
  const items = useQuery(usageOfProfiles(useTRPC())).data?.items ?? [];
  const currencies = new Set(items.flatMap(({ usage }) => usage.costs.map(({ currency }) => currency)));
  return currencies.size === 0 ? ["USD"] : [...currencies].sort();
}
