"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronDown, Hand } from "lucide-react";
import { useState } from "react";
import { useDecide } from "@/components/approvals/use-decide";
import { useCanOperate } from "@/components/shell/identity";
import { operatorName } from "@/components/shell/operator-name";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { copyCurl } from "@/components/ui/curl/curl";
import { toastError } from "@/components/ui/error/error-toast";
import { Input } from "@/components/ui/form/field";
import { sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu/menu";
import { State } from "@/components/ui/state";
import type { Approval } from "@/contract/approval";
import type { ApprovalDecision } from "@/contract/command";
import { changesIn, type FileChange } from "@/contract/file-changes";
import { unwrapShell } from "@/contract/written";
import { ChangesView } from "./diff-view";
import { FoldBox } from "./fold-box";

export type ShownApproval = {
  id: string;
  asks: string;
  command: string | null;
  cwd: string | null;
  changes: readonly FileChange[];
  reason: string | null;
  status: string;
  decision: string | null;
  decidedBy: string | null;
  decisionReason: string | null;
};

/** An approval's row as its card shows it. */
export function showApproval(approval: Approval): ShownApproval {
  return { ...approval, asks: approval.kind, changes: changesIn({ changes: approval.changes }) };
}

const QUESTION: Record<string, string> = {
  command: "The agent wants to run a command",
  file_change: "The agent wants to change files",
  permissions: "The agent wants more permissions",
};
const ANSWER: Record<string, string> = {
  accept: "Accepted",
  acceptForSession: "Accepted for this session",
  decline: "Declined",
};

type ApprovalCardProps = {
  shown: ShownApproval;
  /** In a list of several: without a frame, the answers beside what is asked. */
  isDense?: boolean;
  className?: string;
};

/** A request of the agent: exactly what it wants to do, and the buttons that answer it. It is answered once. */
export function ApprovalCard({ shown, isDense = false, className }: ApprovalCardProps) {
  const trpc = useTRPC();
  const canOperate = useCanOperate();
  // The row is the truth; the log's copy stands in until it is here.
  const row = useQuery(
    trpc.approvals.get.queryOptions({ approvalId: shown.id }, { enabled: shown.status === "pending", retry: false }),
  );
  const approval = row.data === undefined ? shown : { ...shown, ...pickDecision(row.data) };
  const question = QUESTION[approval.asks] ?? "The agent asks for approval";
  if (approval.status !== "pending") {
    return (
      <FoldBox
        className={className}
        summary={
          <>
            <Hand aria-hidden className="size-3.5 shrink-0" />
            <span className="min-w-0 truncate">
              {approval.command === null ? (
                question
              ) : (
                <code className="text-ink">{revealHidden(unwrapShell(approval.command))}</code>
              )}
            </span>
            <span className="ml-auto shrink-0">
              <Decision approval={approval} />
            </span>
          </>
        }
      >
        <div className="p-3">
          <RequestedAction approval={approval} />
        </div>
      </FoldBox>
    );
  }
  const answers = canOperate ? (
    <DecideButtons approvalId={approval.id} isDense={isDense} />
  ) : (
    <p className="text-xs text-ink-2">Answering needs the operator role.</p>
  );
  if (isDense) {
    return (
      <article
        aria-label={`Approval: ${question}`}
        className={cn("flex min-w-0 flex-col gap-x-4 gap-y-2 lg:flex-row lg:items-start", className)}
      >
        <div className="min-w-0 flex-1">
          <RequestedAction approval={approval} question={approval.command === null ? question : undefined} />
        </div>
        <div className="shrink-0 lg:max-w-72">{answers}</div>
      </article>
    );
  }
  return (
    <article
      aria-label={`Approval: ${question}`}
      className={cn("min-w-0 overflow-hidden rounded-lg border border-warn/60 bg-panel", className)}
    >
      <header className="flex flex-wrap items-center gap-2 border-b bg-warn-soft px-3 py-2 text-sm text-warn">
        <Hand aria-hidden className="size-4" />
        <span className="font-medium">{question}</span>
        <State
          isIconless
          className="ml-auto"
          state="needs approval"
          word={canOperate ? "Waiting for you" : "Waiting for an operator"}
        />
      </header>
      <div className="flex flex-col gap-2 p-3">
        <RequestedAction approval={approval} />
        {answers}
      </div>
    </article>
  );
}

/** A session's own folder has a long name on the machine, which nobody reads. */
const SESSION_FOLDER = /^.*\/agentrun-[0-9a-f]+\/(?=workspace(?:\/|$))/;

/** Exactly what is asked for. `question`: where nothing else says what kind of request it is. */
function RequestedAction({ approval, question }: { approval: ShownApproval; question?: string }) {
  return (
    <div className="flex flex-col gap-2">
      {question !== undefined && <p className="text-sm font-medium">{question}</p>}
      {approval.command !== null && (
        <pre className="scroll-thin max-h-60 overflow-auto rounded-md border bg-code p-2.5 text-xs leading-5 wrap-anywhere whitespace-pre-wrap">
          {revealHidden(approval.command)}
        </pre>
      )}
      {approval.cwd !== null && (
        <p className="text-xs wrap-anywhere text-ink-3" title={revealHidden(approval.cwd)}>
          in <code>{revealHidden(approval.cwd.replace(SESSION_FOLDER, ""))}</code>
        </p>
      )}
      {approval.changes.length > 0 && <ChangesView changes={approval.changes} />}
      {approval.reason !== null && <p className="text-sm wrap-anywhere text-ink-2">{revealHidden(approval.reason)}</p>}
      {approval.decisionReason !== null && (
        <p className="text-sm wrap-anywhere">
          <span className="text-ink-3">Reason:</span> {revealHidden(approval.decisionReason)}
        </p>
      )}
    </div>
  );
}

function pickDecision(approval: Approval) {
  const { status, decision, decidedBy, decisionReason } = approval;
  return { status, decision, decidedBy, decisionReason };
}

function Decision({ approval }: { approval: ShownApproval }) {
  if (approval.status === "superseded")
    return <State isIconless state="superseded" word="No longer needed" title="The attempt that asked has ended." />;
  if (approval.status === "ambiguous")
    return (
      <State
        isIconless
        state="ambiguous"
        word="Unclear"
        title="Answered, but it is not known whether the agent received it."
      />
    );
  const word = ANSWER[approval.decision ?? ""] ?? revealHidden(sentence(approval.status));
  return (
    <State
      isIconless
      state={approval.decision === "decline" ? "declined" : "applied"}
      word={approval.decidedBy === null ? word : `${word} by ${operatorName(approval.decidedBy)}`}
    />
  );
}

function DecideButtons({ approvalId, isDense }: { approvalId: string; isDense: boolean }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [hasReason, setHasReason] = useState(!isDense);
  const { decide, isPending } = useDecide({
    onSuccess: (approval) => {
      client.setQueryData(trpc.approvals.get.queryKey({ approvalId }), approval);
      void client.invalidateQueries({ queryKey: trpc.approvals.list.pathKey() });
    },
    onError: (error) => {
      toastError(error);
      void client.invalidateQueries({ queryKey: trpc.approvals.get.queryKey({ approvalId }) });
    },
  });
  const path = `/approvals/${encodeURIComponent(approvalId)}`;
  const decideCall = (decision: ApprovalDecision) => ({
    method: "POST" as const,
    path: `${path}/decide`,
    body: { decision },
  });
  const send = (decision: ApprovalDecision) =>
    decide({ approvalId, decision, reason: reason.trim() === "" ? undefined : reason.trim() });
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button variant="primary" disabled={isPending} onClick={() => send("accept")}>
        Accept
      </Button>
      <Button disabled={isPending} onClick={() => send("decline")}>
        Decline
      </Button>
      <Menu
        align="start"
        trigger={
          <Button variant="ghost" size="icon" aria-label="More answers" disabled={isPending}>
            <ChevronDown aria-hidden className="size-4" />
          </Button>
        }
      >
        <MenuItem onSelect={() => send("acceptForSession")}>Accept for this session</MenuItem>
        {!hasReason && <MenuItem onSelect={() => setHasReason(true)}>Answer with a reason…</MenuItem>}
        <MenuSeparator />
        <MenuItem onSelect={() => void copyCurl({ path })}>Copy request as curl</MenuItem>
        <MenuItem onSelect={() => void copyCurl(decideCall("accept"))}>Copy accept as curl</MenuItem>
        <MenuItem onSelect={() => void copyCurl(decideCall("decline"))}>Copy decline as curl</MenuItem>
      </Menu>
      {hasReason && (
        <Input
          aria-label="Reason for the answer"
          placeholder="Reason (optional)"
          className="min-w-40 flex-1"
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      )}
    </div>
  );
}
