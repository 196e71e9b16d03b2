"use client";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { nameOf } from "@/components/sessions/name";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { CurlButton } from "@/components/ui/curl/curl-button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Choices } from "@/components/ui/form/choices";
import { Field, Input } from "@/components/ui/form/field";
import { useNow } from "@/components/ui/time/clock";
import { instantOf } from "@/components/ui/time/instant";
import { Countdown, Time } from "@/components/ui/time/time";
import type { StorageSummary } from "@/contract/storage";
import { EXTENSIONS, type Extension, expiryAfter, refuseExtension } from "./extend";
import { storagePath } from "./paths";
import { useStorageCache } from "./use-storage-cache";

const NEVER = "never";
const DATE = "Until a date";
const CHOICES = [...EXTENSIONS.map((extension) => extension.name), DATE, NEVER] as const;
type Choice = (typeof CHOICES)[number];

/** Keeps a volume for longer, by a preset or until a date, and says when it will expire before it is asked for. */
export function ExtendDialog({ summary, onClose }: { summary: StorageSummary; onClose: () => void }) {
  const trpc = useTRPC();
  const { accept } = useStorageCache();
  const extend = useMutation(
    trpc.storage.extend.mutationOptions({
      onSuccess: (answer) => {
        accept(answer);
        toast.success(`Extended: ${nameOf(summary)}`);
      },
    }),
  );
  const nowMs = useNow();
  const [choice, setChoice] = useState<Choice>("1 week");
  const [date, setDate] = useState("");
  const extension = extensionOf(choice, date);
  const refusal =
    extension === null ? "Choose a date and time" : refuseExtension(extension, summary.collectableAt, nowMs);
  const after = extension === null ? null : expiryAfter(extension, summary.collectableAt, nowMs);

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (extension === null || refusal !== null) return;
    extend.mutate({ sessionId: summary.sessionId, ...extension }, { onSuccess: onClose });
  }

  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title="Extend expiry" description={nameOf(summary)}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <p className="text-sm text-ink-2">
          {summary.collectableAt === null ? (
            "Never expires"
          ) : Date.parse(summary.collectableAt) <= nowMs ? (
            <>
              Expired <Time at={summary.collectableAt} />, due for cleanup.
            </>
          ) : (
            <>
              Expires <Countdown to={summary.collectableAt} />.
            </>
          )}
        </p>
        <Choices label="Extend by" values={CHOICES} value={choice} onChange={setChoice} />
        {choice === DATE && (
          <Field label="Keep until" hint="In this browser's time zone">
            {(id) => (
              <Input id={id} type="datetime-local" value={date} onChange={(event) => setDate(event.target.value)} />
            )}
          </Field>
        )}
        <p role="status" className="text-xs text-ink-2">
          {refusal ?? (after === null ? "Will never expire" : <Until at={after} />)}
        </p>
        <ErrorNote error={extend.error} />
        <div className="flex flex-wrap justify-end gap-2">
          {extension !== null && (
            <CurlButton call={() => ({ method: "POST", path: `${storagePath(summary)}/extend`, body: extension })} />
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={refusal !== null || extend.isPending}>
            {extend.isPending ? "Extending…" : "Extend"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function extensionOf(choice: Choice, date: string): Extension | null {
  if (choice === NEVER) return { expiresAt: null };
  if (choice === DATE) {
    const expiresAt = instantOf(date);
    return expiresAt === null ? null : { expiresAt };
  }
  const preset = EXTENSIONS.find((extension) => extension.name === choice);
  return preset === undefined ? null : { byMs: preset.byMs };
}

function Until({ at }: { at: string }) {
  const dateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" }).format(
    Date.parse(at),
  );
  return (
    <>
      Will expire <Countdown to={at} />: {dateFormat}.
    </>
  );
}
