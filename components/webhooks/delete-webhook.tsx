"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { toast } from "sonner";
import { WEBHOOKS_ADDRESS } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { DangerDialog } from "@/components/ui/danger-dialog";
import { showTricks } from "@/components/ui/hidden-text";
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
        toast.success(`Deleted ${showTricks(webhook.name)}`);
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
          <li>What was sent, and what became of it, is not shown any more. The audit log keeps that there was one.</li>
          <li>It cannot be taken back: another has a secret of its own.</li>
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
