"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorNote } from "@/components/ui/error-note";
import { Field, Input, TextArea } from "@/components/ui/field";
import type { BulkAction, BulkFilter } from "@/contract/queue-bulk";

type Verb = BulkAction["action"];
export type BulkTarget = { filter: BulkFilter; words: string };

const TITLES: Record<Verb, string> = {
  cancel: "Cancel tasks",
  retry: "Retry tasks",
  reprioritise: "Set the priority",
  move: "Move tasks",
};
const CONSEQUENCES: Record<Verb, string> = {
  cancel: "What waits leaves the queue at once; what runs is stopped, and is cancelled once its agent is gone.",
  retry: "What has ended waits again, for a new attempt in its session. What runs is left alone.",
  reprioritise: "Higher goes first. What has ended is left alone.",
  move: "What waits goes to the other place, and by its limits. What runs stays where it is.",
};

type BulkDialogProps = { verb: Verb; target: BulkTarget; onClose: () => void; onStarted: () => void };

/** Asks before many tasks are changed at once. The server does it bit by bit, and goes on if this page is closed. */
export function BulkDialog({ verb, target, onClose, onStarted }: BulkDialogProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [priority, setPriority] = useState("0");
  const [queue, setQueue] = useState("");
  const [lane, setLane] = useState("");
  const create = useMutation(
    trpc.queue.bulk.mutationOptions({
      onSuccess: () => {
        void client.invalidateQueries({ queryKey: trpc.queue.listBulk.pathKey() });
        toast.success("It has begun: its progress is shown above the tasks");
        onStarted();
        onClose();
      },
    }),
  );
  const isPlaced = verb !== "move" || queue.trim() !== "" || lane.trim() !== "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isPlaced || create.isPending) return;
    create.mutate({
      action: verb,
      filter: target.filter,
      ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
      ...(verb === "reprioritise" ? { priority: Number(priority) } : {}),
      ...(verb === "move" && queue.trim() !== "" ? { queue: queue.trim() } : {}),
      ...(verb === "move" && lane.trim() !== "" ? { lane: lane.trim() } : {}),
    });
  };
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title={TITLES[verb]}>
      <form
        className="flex flex-col gap-3"
        onSubmit={submit}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) submit(event);
        }}
      >
        <p className="text-sm text-ink-2">
          <strong className="font-medium text-ink">{target.words}.</strong> {CONSEQUENCES[verb]}
        </p>
        {verb === "reprioritise" && (
          <Field label="Priority">
            {(id) => (
              <Input
                id={id}
                type="number"
                required
                value={priority}
                onChange={(event) => setPriority(event.target.value)}
                onFocus={(event) => event.target.select()}
              />
            )}
          </Field>
        )}
        {verb === "move" && (
          <div className="grid gap-3 sm:grid-cols-2">
            <Field label="Queue" hint="Empty: each stays in its own.">
              {(id) => <Input id={id} value={queue} onChange={(event) => setQueue(event.target.value)} />}
            </Field>
            <Field label="Lane" hint="Empty: each stays in its own.">
              {(id) => <Input id={id} value={lane} onChange={(event) => setLane(event.target.value)} />}
            </Field>
          </div>
        )}
        {verb === "cancel" && (
          <Field label="Reason" hint="Kept in the record, shown to whoever looks later.">
            {(id) => <TextArea id={id} rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />}
          </Field>
        )}
        <ErrorNote error={create.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Keep</Button>
          <Button
            look={verb === "cancel" ? "danger" : "primary"}
            type="submit"
            disabled={!isPlaced || create.isPending}
          >
            {create.isPending ? "Beginning…" : TITLES[verb]}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
