"use client";
import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useRef, useState } from "react";
import { sendPorts } from "@/components/conversation/send-ports";
import { useRunCommands } from "@/components/sessions/use-session";
import { runAddress, sessionAddress } from "@/components/shell/addresses";
import { useTRPCClient } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Field, TextArea } from "@/components/ui/form/field";
import { formatPlural } from "@/components/ui/format";
import { TableSkeleton } from "@/components/ui/page";
import { randomId } from "@/components/ui/random-id";
import { askToRepeat, sameRun } from "@/contract/again";
import type { Run } from "@/contract/run";
import { sendTurn, isOpen as takesCommands, turnPayload } from "@/contract/send-turn";

type RunAgainProps = { run: Run; isOpen: boolean; onOpenChange: (isOpen: boolean) => void };

/** Asks what to send, then sends it: as a new run like this one, or as the next turn of the session. */
export function RunAgainDialog({ run, isOpen, onOpenChange }: RunAgainProps) {
  const commands = useRunCommands(run.id);
  return (
    <Dialog isOpen={isOpen} onOpenChange={onOpenChange} title="Run again">
      {commands.data === undefined ? (
        <TableSkeleton rows={2} />
      ) : (
        <AgainForm run={run} messageFields={askToRepeat(commands.data)} />
      )}
    </Dialog>
  );
}

function AgainForm({ run, messageFields }: { run: Run; messageFields: ReturnType<typeof askToRepeat> }) {
  const api = useTRPCClient();
  const router = useRouter();
  const { attachments = [] } = messageFields;
  const [text, setText] = useState(messageFields.text);
  // One for as long as the dialog is open: a second press after a lost answer finds what the first one made.
  const [draftId] = useState(randomId);
  const triedRunIds = useRef<string[]>([]);
  const sessionId = run.sessionRef?.sessionId;
  const asRun = useMutation({
    mutationFn: async () => {
      const createdRun = await api.runs.create.mutate({ ...sameRun(run), idempotencyKey: `console-again-${draftId}` });
      const idempotencyKey = `console-again-turn-${draftId}`;
      await api.commands.create.mutate({
        runId: createdRun.id,
        type: "turn",
        payload: turnPayload({ ...messageFields, text }),
        idempotencyKey,
      });
      return createdRun.id;
    },
    onSuccess: (runId) => router.push(runAddress(runId)),
  });
  const asTurn = useMutation({
    mutationFn: async (sessionId: string) => {
      const { items } = await api.runs.list.query({ sessionId, limit: 10 });
      const openRun = items.find(takesCommands);
      if (openRun !== undefined) triedRunIds.current.push(openRun.id);
      const { tenantId, projectId, backendProfile } = run;
      await sendTurn(sendPorts(api), {
        draftId,
        ...{ ...messageFields, text },
        session: { sessionId, tenantId, projectId, backendProfile },
        runIds: triedRunIds.current,
      });
      return sessionId;
    },
    onSuccess: (sessionId) => router.push(sessionAddress(sessionId)),
  });
  const isPending = asRun.isPending || asTurn.isPending;
  const error = asRun.error ?? asTurn.error;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    asTurn.reset();
    asRun.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field
        label="Message"
        hint={`The new run uses the same profile, policy, workspace and session.${attachments.length === 0 ? "" : ` Its ${formatPlural(attachments.length, "image")} ${attachments.length === 1 ? "goes" : "go"} with the message.`}`}
      >
        {(id) => (
          <TextArea
            id={id}
            rows={5}
            required
            maxLength={100_000}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      <ErrorNote error={error} />
      <div className="flex flex-wrap justify-end gap-2">
        {typeof sessionId === "string" && (
          <Button
            disabled={isPending || text.trim() === ""}
            onClick={() => {
              asRun.reset();
              asTurn.mutate(sessionId);
            }}
          >
            Next turn in its session
          </Button>
        )}
        <Button variant="primary" type="submit" disabled={isPending || text.trim() === ""}>
          New run with these settings
        </Button>
      </div>
    </form>
  );
}
