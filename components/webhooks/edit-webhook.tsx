"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { currentOf } from "@/components/queue/conflict";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { webhookNow } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { ChangedMeanwhile } from "@/components/ui/error/changed-meanwhile";
import { ErrorNote } from "@/components/ui/error/error-note";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Webhook } from "@/contract/webhook";
import { urlHint } from "./create-webhook";
import { changeOf, draftOf, rebased } from "./draft";
import { WebhookFields } from "./webhook-fields";

/**
 * Changes a webhook's name, address and events. Of one that was changed meanwhile the other's
 * changes are shown, and one's own kept.
 */
export function EditWebhookDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [loaded, setLoaded] = useState(webhook);
  const [draft, setDraft] = useState(() => draftOf(webhook));
  const [wasChanged, setWasChanged] = useState(false);
  const updateCached = (now: Webhook) => {
    client.setQueryData(webhookNow(trpc, webhook.id).queryKey, now);
    void client.invalidateQueries({ queryKey: trpc.webhooks.list.pathKey() });
  };
  const update = useMutation(
    trpc.webhooks.update.mutationOptions({
      onSuccess: (answer) => {
        updateCached(answer);
        toast.success(`Changed: ${revealHidden(answer.name)}`);
        onClose();
      },
      onError: (error) => {
        const current = currentOf<Webhook>(readError(error));
        if (current === null) return;
        updateCached(current);
        setDraft((typed) => rebased(typed, loaded, current));
        setLoaded(current);
        setWasChanged(true);
      },
    }),
  );
  const change = changeOf(loaded, draft);
  const isSame = Object.keys(change).length === 0;

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (isSame || update.isPending) return;
    setWasChanged(false);
    update.mutate({ webhookId: webhook.id, expectedVersion: loaded.version, ...change });
  }

  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title="Edit webhook">
      <form className="flex flex-col gap-3" onSubmit={submit}>
        <WebhookFields
          draft={draft}
          urlHint={`${urlHint(webhook.tenantId === null)} What is on its way goes to the new one.`}
          onChange={setDraft}
        />
        {wasChanged ? <ChangedMeanwhile /> : <ErrorNote error={update.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={isSame || draft.events.length === 0 || update.isPending}>
            {update.isPending ? "Saving…" : "Save"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
