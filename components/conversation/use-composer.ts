"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { commandsKey } from "@/components/sessions/commands-key";
import { isWaiting, useRunCommands } from "@/components/sessions/use-session";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import { isNotFound, readError } from "@/components/trpc/errors";
import type { Run } from "@/contract/run";
import { runDefaults } from "@/contract/run-defaults";
import { isOpen, sendSteer, sendTurn } from "@/contract/send-turn";
import type { Session } from "@/contract/session";
import { draftOf } from "./message-draft";
import { isTaken, sendPorts } from "./send-ports";

const COMMANDS_SHOWN = 4;
/** A try that seemed to fail was none, and the text was changed after it. */
const SENT_BEFORE = "An earlier version of this message was already sent. Send again to send this one too.";

type ComposerInput = { session: Session; openRun: Run | null; lastRun: Run | null; isDeleted: boolean };

/** What the composer can do at this moment, and how its last try went. */
export function useComposer({ session, openRun, lastRun, isDeleted }: ComposerInput) {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const client = useQueryClient();
  const canOperate = useCanOperate();
  const commands = useRunCommands(openRun?.id ?? null).data ?? [];
  const draft = draftOf(session.sessionId);
  const { text, isSending, error } = useSyncExternalStore(draft.subscribe, draft.read, draft.read);

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
      const isSteer = input.kind === "steer" && openRun !== null;
      const defaults = await runDefaults(session, lastRun);
      if (openRun !== null && (isSteer || isOpen(openRun))) draft.triedRunIds.push(openRun.id);
      draft.noteTry(JSON.stringify([text, attachments]));
      const { id: draftId, triedRunIds: runIds } = draft;
      const message = { draftId, text, attachments, runIds };
      const ports = sendPorts(api);
      try {
        const sent = isSteer ? sendSteer(ports, message) : sendTurn(ports, { ...message, session, ...defaults });
        return (await sent).runId;
      } catch (cause) {
        const [triedRunId] = runIds;
        // The try whose answer was lost had reached the run, the other way: the page learnt of its turn, and steers it.
        if (triedRunId !== undefined && isTaken(cause) && !draft.isChanged) return triedRunId;
        throw cause;
      }
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
    onError: (cause) => draft.refuse(readError(cause).message),
  });

  const send = (kind: "turn" | "steer"): Promise<boolean> =>
    draft.send(async (text) => {
      const runId = await draft.images.deliver({
        owner: { sessionId: session.sessionId },
        send: (attachments) => sending.mutateAsync({ kind, text, attachments }),
        isGone: isNotFound,
      });
      refresh(runId);
    }, explainUnsent);

  function explainUnsent(cause: unknown): string {
    if (!isTaken(cause)) return readError(cause).message;
    draft.renew();
    return SENT_BEFORE;
  }

  return {
    draft,
    /** The newest, the oldest of them first. */
    commands: commands.slice(-COMMANDS_SHOWN),
    isBusy,
    text,
    isSending,
    canInterrupt: canOperate,
    isInterrupting: interrupting.isPending || interrupts.some(isWaiting),
    error,
    refusal: isDeleted ? "This session was deleted." : refusalOf(session, canOperate),
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
