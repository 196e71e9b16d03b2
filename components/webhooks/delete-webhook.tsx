"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { toast } from "sonner";
import { WEBHOOKS_ADDRESS } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Webhook } from "@/contract/webhook";
import { countOf } from "./words";

/** Says what goes with a webhook, and deletes it. */
export function DeleteWebhookDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const router = useRouter();
  const remove = useMutation(
    trpc.webhooks.delete.mutationOptions({
      onSuccess: () => {
        onClose();
        router.push(WEBHOOKS_ADDRESS);
        void client.invalidateQueries({ queryKey: trpc.webhooks.list.pathKey() });
        toast.success(`Deleted ${revealHidden(webhook.name)}`);
      },
    }),
  );
  return (
    <DangerDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`Delete webhook ${webhook.name}`}
      consequence={
        <ul className="list-disc pl-4">
          <li>Nothing more is sent there: {countOf(webhook.pending)} on their way are sent no more either.</li>
          <li>Its deliveries are no longer shown. The audit log still records the webhook.</li>
          <li>This cannot be undone: a new webhook has a new secret.</li>
        </ul>
      }
      action="Delete webhook"
      isPending={remove.isPending}
      error={remove.error}
      curl={() => ({ method: "DELETE", path: `/webhooks/${webhook.id}` })}
      onConfirm={() => remove.mutate({ webhookId: webhook.id })}
    />
  );
}
