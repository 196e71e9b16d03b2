"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { PickedImages } from "@/components/images/picked-images";
import { commandsKey } from "@/components/sessions/commands-key";
import { isWaiting, useRunCommands } from "@/components/sessions/use-session";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { randomId } from "@/components/ui/random-id";
import type { Run } from "@/contract/run";
import { runDefaults } from "@/contract/run-defaults";
import { isOpen, sendTurn, turnPayload } from "@/contract/send-turn";
import type { Session } from "@/contract/session";
import { isGone, sendPorts } from "./send-ports";

/**
 * A message being written, the id that it is sent under, and the runs that it was sent to without an answer: all are kept
 * until the server has taken it.
 */
type Draft = { id: string; text: string; images: PickedImages; triedRunIds: string[] };
const drafts = new Map<string, Draft>();

/** A session's draft; it outlives the composer, which goes when another tab of the page is shown. */
function draftOf(sessionId: string): Draft {
  if (typeof window === "undefined") return { id: "", text: "", images: new PickedImages(), triedRunIds: [] };
  const draft = drafts.get(sessionId) ?? { id: randomId(), text: "", images: new PickedImages(), triedRunIds: [] };
  drafts.set(sessionId, draft);
  return draft;
}

const COMMANDS_SHOWN = 4;
/** A try that seemed to fail was none, and the text was changed after it. */
const SENT_BEFORE = "An earlier version of this message was already sent. Send again to send this one too.";

type ComposerInput = { session: Session; openRun: Run | null; lastRun: Run | null };

/** What the composer can do at this moment, and how its last try went. */
export function useComposer({ session, openRun, lastRun }: ComposerInput) {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const client = useQueryClient();
  const canOperate = useCanOperate();
  const commands = useRunCommands(openRun?.id ?? null).data ?? [];
  const draft = draftOf(session.sessionId);
  const [error, setError] = useState<string | null>(null);
  // From the first image on its way until the server has taken the message.
  const [isUploading, setIsUploading] = useState(false);

  const turn = commands.find((command) => command.type === "turn" && isWaiting(command));
  const isBusy = openRun !== null && turn !== undefined;
  const interrupts = commands.filter((command) => command.type === "interrupt");

  const refresh = (runId: string) => {
    void client.invalidateQueries({ queryKey: commandsKey(runId) });
    void client.invalidateQueries({ queryKey: trpc.runs.list.pathKey() });
    void client.invalidateQueries({ queryKey: trpc.sessions.get.pathKey() });
  };

  const sending = useMutation({
    mutationFn: async (input: { kind: "turn" | "steer"; text: string; attachments: string[] }) => {
      const { text, attachments } = input;
      if (input.kind === "steer" && openRun !== null) {
        const key = `console-steer-${draft.id}`;
        await api.commands.create.mutate({
          runId: openRun.id,
          type: "steer",
          payload: turnPayload({ text, attachments }),
          idempotencyKey: key,
        });
        return openRun.id;
      }
      const defaults = await runDefaults(session, lastRun);
      if (openRun !== null && isOpen(openRun)) draft.triedRunIds.push(openRun.id);
      const { id: draftId, triedRunIds: runIds } = draft;
      const sent = await sendTurn(sendPorts(api), { draftId, text, attachments, session, runIds, ...defaults });
      return sent.runId;
    },
  });

  const interrupting = useMutation({
    mutationFn: async () => {
      if (openRun === null || turn === undefined) return;
      // One interrupt a turn however often it is pressed, until that one has ended without effect.
      const triedCount = interrupts.filter((command) => !isWaiting(command)).length;
      await api.commands.create.mutate({
        runId: openRun.id,
        type: "interrupt",
        payload: {},
        idempotencyKey: `console-interrupt-${turn.id}-${triedCount}`,
      });
      refresh(openRun.id);
    },
    onError: (cause) => setError(readError(cause).message),
  });

  async function send(kind: "turn" | "steer", text: string): Promise<boolean> {
    setError(null);
    setIsUploading(true);
    try {
      const runId = await draft.images.deliver({
        owner: { sessionId: session.sessionId },
        send: (attachments) => sending.mutateAsync({ kind, text, attachments }),
        isGone,
      });
      refresh(runId);
      Object.assign(draft, { id: randomId(), triedRunIds: [] });
      return true;
    } catch (cause) {
      const { reason, message } = readError(cause);
      const wasSent = reason === "idempotency-conflict";
      // A message of its own from here on.
      if (wasSent) Object.assign(draft, { id: randomId(), triedRunIds: [] });
      setError(wasSent ? SENT_BEFORE : message);
      return false;
    } finally {
      setIsUploading(false);
    }
  }

  return {
    draft,
    /** The newest, the oldest of them first. */
    commands: commands.slice(-COMMANDS_SHOWN),
    isBusy,
    isSending: isUploading || sending.isPending,
    canInterrupt: canOperate,
    isInterrupting: interrupting.isPending || interrupts.some(isWaiting),
    error,
    refusal: refusalOf(session, canOperate),
    send,
    interrupt: () => interrupting.mutate(),
  };
}

function refusalOf(session: Session, canOperate: boolean): string | null {
  if (!canOperate) return "You can read this session. Sending messages needs the operator role.";
  if (session.storageKind === "evicted" || session.storageState === "evicted") {
    return "This session's volume was removed. Restore it to continue the conversation.";
  }
  return null;
}
