"use client";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { useCanOperate } from "@/components/shell/identity";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Field, Input } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { View } from "@/contract/view";
import type { ViewPage } from "@/contract/words";
import { useViewActions } from "./use-view-actions";

type NameViewDialogProps = {
  page: ViewPage;
  /** null: a new one is made. */
  view: View | null;
  query: string;
  onSaved: (view: View) => void;
  onClose: () => void;
};

/** Names what is shown, or names a view anew. */
export function NameViewDialog({ page, view, query, onSaved, onClose }: NameViewDialogProps) {
  const canOperate = useCanOperate();
  const { create, update } = useViewActions(page);
  const [name, setName] = useState(view?.name ?? "");
  const [isShared, setIsShared] = useState(false);
  const saving = view === null ? create : update;

  function submit(event: FormEvent): void {
    event.preventDefault();
    const named = name.trim();
    const onSuccess = (saved: View) => {
      toast.success(`View “${revealHidden(saved.name)}” saved`);
      onSaved(saved);
    };
    if (view === null) create.mutate({ page, name: named, query, isShared }, { onSuccess });
    else update.mutate({ viewId: view.id, expectedVersion: view.version, name: named }, { onSuccess });
  }
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title={view === null ? "Save view" : "Rename view"}>
      <form className="flex flex-col gap-3" onSubmit={submit}>
        <p className="text-sm text-ink-2">
          {(view?.query ?? query) === "" ? (
            "No filters"
          ) : (
            <code className="text-xs">{revealHidden(view?.query ?? query)}</code>
          )}
        </p>
        <Field label="Name">
          {(id) => (
            <Input id={id} required maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        {view === null && canOperate && (
          <label className="flex items-center gap-2 text-sm">
            <input type="checkbox" checked={isShared} onChange={(event) => setIsShared(event.target.checked)} />
            Share with everyone in this tenant
          </label>
        )}
        <ErrorNote error={saving.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={saving.isPending || name.trim() === ""}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
