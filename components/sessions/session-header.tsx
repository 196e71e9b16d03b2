"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronLeft, Columns2, Ellipsis, Pencil, Trash2, XCircle } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { CancelRunDialog } from "@/components/runs/cancel-run";
import { compareAddress, runAddress, storageAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { usePageKeys } from "@/components/shell/page-keys";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { usageOfSession } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { useHydratedNow } from "@/components/ui/clock";
import { DangerDialog } from "@/components/ui/danger-dialog";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { formatBytes, shortenId } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { State } from "@/components/ui/state";
import { Countdown } from "@/components/ui/time";
import { briefWords, callsWords } from "@/components/usage/words";
import type { Run } from "@/contract/run";
import type { SessionSummary } from "@/contract/session";
import { DemoLabel } from "./demo-label";
import { nameOf } from "./name";
import { explainSession } from "./session-state";

// Loaded when it is first opened.
const SessionPicker = dynamic(
  () => import("@/components/compare/session-picker").then((module) => module.SessionPicker),
  { ssr: false },
);

/** A session's name, its state and why, and what can be done to it as a whole. */
export function SessionHeader({ session, openRun }: { session: SessionSummary; openRun: Run | null }) {
  const [dialog, setDialog] = useState<"rename" | "compare" | "cancel" | "delete" | null>(null);
  const router = useRouter();
  const canOperate = useCanOperate();
  usePageKeys([{ keys: "=", name: "Compare with another session", run: () => setDialog("compare") }]);
  const trpc = useTRPC();
  const used = useQuery(usageOfSession(trpc, session.sessionId)).data;
  const usage = used?.total;
  const nowMs = useHydratedNow();
  const facts = useQuery({ ...trpc.health.facts.queryOptions(), staleTime: Number.POSITIVE_INFINITY }).data;
  const patience = nowMs === null || facts === undefined ? null : { nowMs, stuckAfterMs: facts.stuckAfterMs };
  const explained = explainSession(session, openRun, patience);
  return (
    <header className="flex items-start gap-2 bg-panel px-3 pt-2.5 pb-1.5 lg:px-6">
      <Link
        href="/sessions"
        aria-label="All sessions"
        className="mt-0.5 rounded p-1 text-ink-3 hover:bg-hover hover:text-ink lg:hidden"
      >
        <ChevronLeft aria-hidden className="size-4" />
      </Link>
      <div className="min-w-0 flex-1">
        <h1 className="flex items-center gap-2 text-base font-semibold tracking-tight">
          <span className="truncate">{nameOf(session)}</span>
          <DemoLabel profile={session.backendProfile} />
        </h1>
        <p className="flex flex-wrap items-center gap-x-2 gap-y-0.5 text-xs text-ink-2">
          <State isBare state={explained.state} word={explained.word} />
          <span className="max-sm:hidden">{showTricks(explained.why)}</span>
          {explained.next !== undefined && (
            <span className="text-ink-3">
              {showTricks(explained.next.text)} <Countdown to={explained.next.at} />
            </span>
          )}
          {usage !== undefined && usage.calls > 0 && (
            <span className="whitespace-nowrap text-ink-3 tabular-nums" title={callsWords(usage)}>
              {used?.models.map(({ model }) => model).join(", ")} · {briefWords(usage)}
            </span>
          )}
          {openRun !== null && (
            <Link href={runAddress(openRun.id)} className="whitespace-nowrap text-ink-3 hover:underline max-sm:hidden">
              {shortenId(openRun.id)}
              {openRun.claimedBy !== null && ` held by ${shortenId(openRun.claimedBy)}`}
            </Link>
          )}
          {session.storageState === "live" && session.storageSizeBytes !== null && (
            <Link
              href={storageAddress(session.sessionId)}
              className="whitespace-nowrap text-ink-3 tabular-nums hover:underline max-sm:hidden"
            >
              {formatBytes(session.storageSizeBytes)} on its volume
            </Link>
          )}
        </p>
      </div>
      <Menu
        trigger={
          <Button look="ghost" size="icon" aria-label="Session actions">
            <Ellipsis aria-hidden className="size-4" />
          </Button>
        }
      >
        <MenuItem onSelect={() => setDialog("compare")}>
          <Columns2 aria-hidden className="size-3.5" /> Compare with…
        </MenuItem>
        {canOperate && (
          <>
            <MenuItem onSelect={() => setDialog("rename")}>
              <Pencil aria-hidden className="size-3.5" /> Rename
            </MenuItem>
            <MenuItem onSelect={() => setDialog("cancel")} isDisabled={openRun === null}>
              <XCircle aria-hidden className="size-3.5" /> Cancel the run
            </MenuItem>
            <MenuSeparator />
            <MenuItem isDanger onSelect={() => setDialog("delete")}>
              <Trash2 aria-hidden className="size-3.5" /> Delete session
            </MenuItem>
          </>
        )}
      </Menu>
      {dialog === "compare" && (
        <SessionPicker
          title="Compare with another session"
          otherId={session.sessionId}
          onPick={(id) => router.push(compareAddress(session.sessionId, id))}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === "rename" && <RenameDialog session={session} onClose={() => setDialog(null)} />}
      {dialog === "delete" && <DeleteDialog session={session} onClose={() => setDialog(null)} />}
      {openRun !== null && (
        <CancelRunDialog
          run={openRun}
          isOpen={dialog === "cancel"}
          onOpenChange={(isOpen) => setDialog(isOpen ? "cancel" : null)}
        />
      )}
    </header>
  );
}

type DialogProps = { session: SessionSummary; onClose: () => void };

function RenameDialog({ session, onClose }: DialogProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [title, setTitle] = useState(session.title ?? "");
  const rename = useMutation(
    trpc.sessions.update.mutationOptions({
      onSuccess: () => {
        void client.invalidateQueries({ queryKey: trpc.sessions.pathKey() });
        onClose();
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rename.mutate({ sessionId: session.sessionId, title: title.trim() === "" ? null : title.trim() });
  };
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title="Rename session">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field label="Title">
          {(id) => <Input id={id} maxLength={500} value={title} onChange={(event) => setTitle(event.target.value)} />}
        </Field>
        {rename.error !== null && (
          <p role="alert" className="text-xs text-bad">
            {readError(rename.error).message}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Keep</Button>
          <Button look="primary" type="submit" disabled={rename.isPending}>
            Rename
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function DeleteDialog({ session, onClose }: DialogProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const router = useRouter();
  const remove = useMutation(
    trpc.sessions.delete.mutationOptions({
      onSuccess: () => {
        router.push("/sessions");
        void client.invalidateQueries({ queryKey: trpc.sessions.list.pathKey() });
        toast.success("Session deleted");
      },
    }),
  );
  return (
    <DangerDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Delete session"
      consequence="The conversation, its runs, its events, its volume and its archive are removed. Nothing brings them back."
      typed={session.sessionId}
      action="Delete session"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ sessionId: session.sessionId })}
    />
  );
}
