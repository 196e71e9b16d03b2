"use client";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { nameOf } from "@/components/sessions/name";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { CurlButton } from "@/components/ui/curl/curl-button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { ErrorNote } from "@/components/ui/error/error-note";
import { toastError } from "@/components/ui/error/error-toast";
import { Field, Input } from "@/components/ui/form/field";
import { toastUndo } from "@/components/ui/undo";
import type { StorageSummary } from "@/contract/storage";
import { storagePath } from "./paths";
import { readReport, reportOf } from "./report";
import { useStorageCache } from "./use-storage-cache";

/** What somebody measured of a volume by hand, in the place of what a runner reports after each turn. */
export function ReportDialog({ summary, onClose }: { summary: StorageSummary; onClose: () => void }) {
  const trpc = useTRPC();
  const { accept } = useStorageCache();
  const { sessionId } = summary;
  const [typed, setTyped] = useState(() => reportOf(summary));
  const refresh = useMutation(trpc.storage.refresh.mutationOptions({ onSuccess: accept }));
  // The dialog is gone by the time that it is taken back.
  const back = useMutation(
    trpc.storage.refresh.mutationOptions({ onSuccess: accept, onError: (error) => toastError(error) }),
  );
  const before = readReport(reportOf(summary));
  const report = readReport(typed);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (report === null) return;
    refresh.mutate(
      { sessionId, ...report },
      {
        onSuccess: () => {
          // What nobody had measured before cannot be reported again.
          if (before !== null) toastUndo(`Reported: ${nameOf(summary)}`, () => back.mutate({ sessionId, ...before }));
          onClose();
        },
      },
    );
  };
  const typedReport = (name: keyof typeof typed) => ({
    value: typed[name],
    onChange: (value: string) => setTyped({ ...typed, [name]: value }),
  });
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Report contents"
      description={nameOf(summary)}
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        <p className="text-sm text-ink-2">
          Use this for manual measurements. Runners report after each turn. A volume that never had a runner and is
          reported empty can be evicted without an archive.
        </p>
        <div className="grid gap-3 sm:grid-cols-2">
          <Measured label="Bytes" type="number" {...typedReport("bytes")} />
          <Measured label="Files" type="number" {...typedReport("files")} />
        </div>
        <Measured label="Digest" hint="SHA-256, 64 hexadecimal digits" {...typedReport("sha256")} />
        <ErrorNote error={refresh.error} />
        <div className="flex flex-wrap justify-end gap-2">
          {report !== null && (
            <CurlButton call={() => ({ method: "POST", path: `${storagePath(summary)}/refresh`, body: report })} />
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={report === null || refresh.isPending}>
            {refresh.isPending ? "Reporting…" : "Report"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

type MeasuredProps = {
  label: string;
  hint?: string;
  type?: "number";
  value: string;
  onChange: (value: string) => void;
};

function Measured({ label, hint, type, value, onChange }: MeasuredProps) {
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      {(id) => (
        <Input
          id={id}
          required
          type={type ?? "text"}
          min={0}
          className="font-mono"
          autoComplete="off"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
