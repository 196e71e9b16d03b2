import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { toastRefused } from "@/components/queue/conflict";
import { useCanOperate, useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { toastUndo } from "@/components/ui/undo";
import type { QueueControl, QueueControlList, SetControlInput } from "@/contract/queue-control";
import { ALL_TENANTS } from "@/contract/words";

export type ControlChange = Omit<SetControlInput, "tenantId" | "queue" | "lane" | "expectedVersion">;
const STATE_DONE = { open: "Resumed", paused: "Paused", draining: "Draining" } as const;

/** `default / ci`, or the queue's name alone. */
export function laneName({ queue, lane }: Pick<QueueControl, "queue" | "lane">): string {
  return lane === null ? queue : `${queue} / ${lane}`;
}

/** Tells which queues and lanes this operator may change: what stands for all tenants is not one tenant's. */
export function useCanChangeControl(): (control: QueueControl) => boolean {
  const canOperate = useCanOperate();
  const { tenantId } = useIdentity();
  return (control) => canOperate && (tenantId === null || control.tenantId === tenantId);
}

/** Sets a queue's or lane's limits and state, by the version that was seen; one changed meanwhile is shown as it is now. */
export function useControl() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { mutateAsync, isPending } = useMutation(trpc.queue.setControl.mutationOptions());

  function updateCached(control: QueueControl): void {
    client.setQueriesData<QueueControlList>({ queryKey: trpc.queue.listControls.pathKey() }, (data) =>
      data === undefined
        ? undefined
        : {
            items: data.items.map((item) =>
              isSameLane(item, control)
                ? { ...control, waiting: item.waiting, running: item.running, oldestSince: item.oldestSince }
                : item,
            ),
          },
    );
  }

  /** What asked may be gone before the answer is there, and so may what is taken back. */
  async function send(
    control: QueueControl,
    change: ControlChange,
    { isUndo = false, onDone }: { isUndo?: boolean; onDone?: () => void },
  ): Promise<void> {
    const { tenantId, queue, lane, version } = control;
    const name = laneName(control);
    try {
      const answer = await mutateAsync({
        ...(tenantId === ALL_TENANTS ? {} : { tenantId }),
        queue,
        ...(lane === null ? {} : { lane }),
        ...change,
        expectedVersion: version,
      });
      updateCached(answer);
      onDone?.();
      void client.invalidateQueries({ queryKey: trpc.queue.pathKey() });
      const { state } = change;
      const done = state === undefined ? `Limits of ${name} changed` : `${STATE_DONE[state]}: ${name}`;
      if (isUndo) return void toast.success(`Restored: ${name}`);
      toastUndo(done, () => void send(answer, undoOf(control, change), { isUndo: true }));
    } catch (failure) {
      toastRefused<QueueControl>(failure, updateCached, `${name} was changed by someone else. Check it and try again`);
    }
  }
  const set = (control: QueueControl, change: ControlChange, onDone?: () => void): void =>
    void send(control, change, { onDone });
  return { set, isPending };
}

type ControlKey = { tenantId: string | null; queue: string | null; lane: string | null };

/** Whether both are of one queue or lane, and of one owner. */
export function isSameLane(left: ControlKey, right: ControlKey): boolean {
  return left.tenantId === right.tenantId && left.queue === right.queue && left.lane === right.lane;
}

/** What puts back all that a change has changed. */
function undoOf(control: QueueControl, change: ControlChange): ControlChange {
  const changed = Object.keys(change) as (keyof ControlChange)[];
  return Object.fromEntries(changed.map((name) => [name, control[name]]));
}
