"use client";
import { type ReactNode, useId, useState } from "react";
import { Button } from "@/components/ui/button";
import type { Call } from "@/components/ui/curl/curl";
import { CurlButton } from "@/components/ui/curl/curl-button";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Field, Input, TextArea } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Dialog } from "./dialog";
import { DialogForm } from "./dialog-form";

type DangerDialogProps = {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  title: string;
  /** What will happen, in the operator's terms, and what it cannot undo. */
  consequence: ReactNode;
  action: string;
  isPending: boolean;
  error?: unknown;
  /** Irreversible: this text has to be typed first. Costly without it: a dialog and a reason are enough. */
  typed?: string;
  /** Why the action cannot be taken; shown, and the button stays disabled. */
  refusal?: ReactNode;
  /** Whether it asks why, and whether nothing is done without an answer. */
  hasReason?: boolean | "required";
  reasonHint?: string;
  /** What the way out is called, where the act itself is to cancel something. */
  keep?: string;
  /** False where the act loses nothing and can be taken back. */
  isLoss?: boolean;
  /** The call of the API that does the same. */
  curl?: (reason: string | undefined) => Call;
  onConfirm: (reason: string | undefined) => void;
};

/** Asks before what is costly, and makes the operator type a name before what cannot be taken back. */
export function DangerDialog(props: DangerDialogProps) {
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const formId = useId();
  const isTyped = props.typed === undefined || typed === props.typed;
  const typedReason = reason.trim() === "" ? undefined : reason.trim();
  const isSilent = props.hasReason === "required" && typedReason === undefined;
  const isBlocked = !isTyped || isSilent || props.isPending || (props.refusal ?? null) !== null;
  const { curl } = props;

  function confirm(): void {
    if (!isBlocked) props.onConfirm(typedReason);
  }

  return (
    <Dialog isOpen={props.isOpen} onOpenChange={props.onOpenChange} title={revealHidden(props.title)}>
      <DialogForm id={formId} onSubmit={confirm}>
        <div className="text-sm text-ink-2">{props.consequence}</div>
        {(props.hasReason ?? false) !== false && (
          <Field label="Reason" hint={props.reasonHint ?? "Saved in the audit log."}>
            {(id) => (
              <TextArea
                id={id}
                rows={2}
                required={props.hasReason === "required"}
                value={reason}
                onChange={(event) => setReason(event.target.value)}
              />
            )}
          </Field>
        )}
        {props.typed !== undefined && (
          <Field label={`Type ${props.typed} to confirm`}>
            {(id) => (
              <Input
                id={id}
                className="font-mono"
                autoComplete="off"
                spellCheck={false}
                value={typed}
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
          </Field>
        )}
        {(props.refusal ?? null) !== null && (
          <p className="rounded-md bg-warn-soft p-2 text-xs text-warn">{props.refusal}</p>
        )}
        <ErrorNote error={props.error} />
        <div className="flex flex-wrap justify-end gap-2">
          {curl !== undefined && <CurlButton call={() => curl(typedReason)} />}
          <Button onClick={() => props.onOpenChange(false)}>{props.keep ?? "Cancel"}</Button>
          <Button variant={props.isLoss === false ? "primary" : "danger"} type="submit" disabled={isBlocked}>
            {props.isPending ? "Working…" : props.action}
          </Button>
        </div>
      </DialogForm>
    </Dialog>
  );
}
