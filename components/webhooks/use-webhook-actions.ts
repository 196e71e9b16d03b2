import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { webhookNow } from "@/components/trpc/lists";
import { toastError } from "@/components/ui/error/error-toast";
import { formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { toastUndo } from "@/components/ui/undo";
import type { Webhook } from "@/contract/webhook";

export type WebhookActionHandlers = ReturnType<typeof useWebhookActions>;

/** What is done to a webhook and its deliveries by one press; what has come of it is looked for at once. */
export function useWebhookActions(webhook: Webhook) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const refresh = () => void client.invalidateQueries({ queryKey: trpc.webhooks.pathKey() });
  // What was refused may be so because it is not any more as it is shown.
  const onError = (error: unknown) => {
    refresh();
    toastError(error);
  };
  const { id: webhookId } = webhook;
  const test = useMutation(trpc.webhooks.test.mutationOptions({ onError, onSuccess: refresh }));
  const again = useMutation(trpc.webhooks.redeliver.mutationOptions({ onError, onSuccess: refresh }));
  const failed = useMutation(
    trpc.webhooks.redeliverFailed.mutationOptions({
      onError,
      onSuccess: ({ deliveries, hasMore }) => {
        refresh();
        const sent = `${formatPlural(deliveries, "delivery", "deliveries")} on the way once more`;
        toast.success(hasMore ? `${sent}; there are more` : sent);
      },
    }),
  );
  const update = useMutation(
    trpc.webhooks.update.mutationOptions({
      onError,
      onSuccess: (now) => {
        client.setQueryData(webhookNow(trpc, webhookId).queryKey, now);
        refresh();
        const name = revealHidden(now.name);
        // What waited is sent as soon as it is enabled, which nothing takes back.
        if (now.isEnabled) toast.success(`Enabled: ${name}`);
        else toastUndo(`Disabled: ${name}`, () => turn(true));
      },
    }),
  );
  const turn = (isEnabled: boolean) => update.mutate({ webhookId, isEnabled });
  return {
    isPending: test.isPending || failed.isPending || update.isPending,
    sendTest: () => test.mutate({ webhookId }),
    sendFailed: () => failed.mutate({ webhookId }),
    turn,
    /** The delivery that is being sent once more. */
    sending: again.isPending ? again.variables.deliveryId : null,
    sendAgain: (deliveryId: string) => again.mutate({ deliveryId }),
  };
}
