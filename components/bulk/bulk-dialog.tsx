"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { CurlButton } from "@/components/ui/curl/curl-button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { DialogForm } from "@/components/ui/dialog/dialog-form";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Field, Input, TextArea } from "@/components/ui/form/field";
import { formatPlural } from "@/components/ui/format";
import { randomId } from "@/components/ui/random-id";
import type { CreateBulkInput } from "@/contract/bulk";
import { BULK_CONFIRMED, type BulkKind, type BulkVerb } from "@/contract/words";
import { PreviewList } from "./preview-list";
import { QUESTIONS } from "./questions";
import type { BulkTarget } from "./target";
import { useBulkStarted } from "./use-bulk-started";
import { RECORD_NOUNS, wordsOf } from "./verbs";

type BulkDialogProps = {
  kind: BulkKind;
  verb: BulkVerb;
  target: BulkTarget;
  onClose: () => void;
  onStarted: () => void;
};
const DAY_MS = 86_400_000;

/** Asks before many are changed at once. The server does it bit by bit, and goes on if this page is closed. */
export function BulkDialog({ kind, verb, target, onClose, onStarted }: BulkDialogProps) {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const notifyStarted = useBulkStarted();
  const verbWords = wordsOf(kind, verb);
  const question = QUESTIONS[kind][verb];
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const [fields, setFields] = useState({ priority: "0", queue: "", lane: "", days: "7" });
  const { description: _words, ...which } = target;
  const input = { kind, action: verb, ...which, ...paramsOf(verb, fields) };
  const canAsk = verb !== "move" || fields.queue.trim() !== "" || fields.lane.trim() !== "";
  const preview = useQuery({
    queryKey: ["bulk-preview", input],
    queryFn: () => api.bulk.preview.mutate(input),
    enabled: canAsk,
    // What it said is sent along: nothing may change it while somebody reads it.
    ...{ staleTime: Number.POSITIVE_INFINITY, gcTime: 0, placeholderData: (previous: unknown) => previous as never },
  });
  const isActionable = preview.data === undefined ? null : preview.data.total - preview.data.skipped;
  const create = useMutation(
    trpc.bulk.create.mutationOptions({
      onSuccess: ({ id }) => {
        notifyStarted(id, `Started. Progress is shown above the ${RECORD_NOUNS[kind]}s`);
        onStarted();
        onClose();
      },
      onError: () => void preview.refetch(),
    }),
  );
  const isConfirmed = BULK_CONFIRMED.includes(verb);
  const isTyped = !isConfirmed || (isActionable !== null && isActionable > 0 && typed === String(isActionable));
  // Nothing is begun before it was said what it is about.
  const isBlocked = !canAsk || !isTyped || create.isPending || preview.data?.isTooLarge !== false || isActionable === 0;
  const body = {
    ...input,
    // Of those chosen one by one nothing is left out; a filter's own moment is that of the choice.
    ...(preview.data === undefined || input.filter === undefined ? {} : { asOf: preview.data.asOf }),
    ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
    ...(isConfirmed && isActionable !== null ? { confirmCount: isActionable } : {}),
  };
  // One for as long as the same is asked for: a second press after a lost answer finds what the first one made.
  const content = JSON.stringify(body);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is asked for names the key.
  const idempotencyKey = useMemo(randomId, [content]);
  const submit = () => {
    if (!isBlocked) create.mutate({ ...body, idempotencyKey });
  };
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={question?.title ?? `${verbWords.name} ${RECORD_NOUNS[kind]}s`}
    >
      <DialogForm onSubmit={submit}>
        <p className="text-sm text-ink-2">
          <strong className="font-medium text-ink">{target.description}.</strong> {question?.consequence}
        </p>
        <Params
          verb={verb}
          fields={fields}
          onChange={(change) => setFields((current) => ({ ...current, ...change }))}
        />
        {question?.hasReason === true && (
          <Field label="Reason" hint="Kept in the audit log.">
            {(id) => <TextArea id={id} rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />}
          </Field>
        )}
        <PreviewList kind={kind} preview={preview.data} error={preview.error} />
        {isConfirmed && isActionable !== null && isActionable > 0 && (
          <Field label={`Type ${isActionable} to confirm`} hint={question?.confirmation}>
            {(id) => (
              <Input
                id={id}
                className="font-mono"
                inputMode="numeric"
                autoComplete="off"
                value={typed}
                onChange={(event) => setTyped(event.target.value.trim())}
              />
            )}
          </Field>
        )}
        <ErrorNote error={create.error} />
        <div className="flex justify-end gap-2">
          <CurlButton call={() => ({ method: "POST", path: "/bulk", body })} />
          <Button onClick={onClose}>Cancel</Button>
          <Button variant={question?.isDanger === true ? "danger" : "primary"} type="submit" disabled={isBlocked}>
            {create.isPending
              ? "Starting…"
              : isActionable === null
                ? verbWords.name
                : `${verbWords.name}: ${formatPlural(isActionable, RECORD_NOUNS[kind])}`}
          </Button>
        </div>
      </DialogForm>
    </Dialog>
  );
}

type BulkFields = { priority: string; queue: string; lane: string; days: string };

function paramsOf(
  verb: BulkVerb,
  fields: BulkFields,
): Partial<Pick<CreateBulkInput, "priority" | "queue" | "lane" | "byMs">> {
  const queue = fields.queue.trim();
  const lane = fields.lane.trim();
  if (verb === "reprioritise") return { priority: Math.trunc(Number(fields.priority)) };
  if (verb === "extend") return { byMs: Math.max(1, Math.round(Number(fields.days) * DAY_MS)) };
  if (verb !== "move") return {};
  return { ...(queue === "" ? {} : { queue }), ...(lane === "" ? {} : { lane }) };
}

/** What an action has to be told beside what it is about. */
function Params({
  verb,
  fields,
  onChange,
}: {
  verb: BulkVerb;
  fields: BulkFields;
  onChange: (change: Partial<BulkFields>) => void;
}) {
  const numberField = (name: "priority" | "days", label: string, min?: number) => (
    <Field label={label}>
      {(id) => (
        <Input
          id={id}
          type="number"
          required
          min={min}
          value={fields[name]}
          onChange={(event) => onChange({ [name]: event.target.value })}
          onFocus={(event) => event.target.select()}
        />
      )}
    </Field>
  );
  const textField = (name: "queue" | "lane", label: string) => (
    <Field label={label} hint="Leave empty to keep as is.">
      {(id) => <Input id={id} value={fields[name]} onChange={(event) => onChange({ [name]: event.target.value })} />}
    </Field>
  );
  if (verb === "reprioritise") return numberField("priority", "Priority");
  if (verb === "extend") return numberField("days", "Days", 1);
  if (verb !== "move") return null;
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {textField("queue", "Queue")}
      {textField("lane", "Lane")}
    </div>
  );
}
