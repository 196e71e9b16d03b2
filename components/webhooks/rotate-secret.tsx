"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import { Dialog } from "@/components/ui/dialog/dialog";
import type { Webhook } from "@/contract/webhook";
import { WebhookSecret } from "./webhook-secret";

/** Asks, then gives a webhook a new secret and tells it the one time. */
export function RotateSecretDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [secret, setSecret] = useState<string | null>(null);
  const rotate = useMutation(
    trpc.webhooks.rotateSecret.mutationOptions({
      onSuccess: (answer) => {
        setSecret(answer.secret);
        void client.invalidateQueries({ queryKey: trpc.webhooks.get.pathKey() });
      },
    }),
  );
  const onOpenChange = (isOpen: boolean) => !isOpen && onClose();
  if (secret !== null)
    return (
      <Dialog isOpen onOpenChange={onOpenChange} title="New signing secret">
        <WebhookSecret secret={secret}>
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        </WebhookSecret>
      </Dialog>
    );
  return (
    <DangerDialog
      isOpen
      onOpenChange={onOpenChange}
      title={`New signing secret for ${webhook.name}`}
      consequence={
        <ul className="list-disc pl-4">
          <li>For 24 hours messages are signed with both secrets, so that you can update the receiver.</li>
          <li>After that the current secret no longer works.</li>
          {webhook.previousSecretUntil !== null && (
            <li>The secret before it, which still signs, stops working at once.</li>
          )}
        </ul>
      }
      action="Create new secret"
      isPending={rotate.isPending}
      error={rotate.error}
      curl={() => ({ method: "POST", path: `/webhooks/${webhook.id}/rotate-secret`, body: {} })}
      onConfirm={() => rotate.mutate({ webhookId: webhook.id })}
    />
  );
}
