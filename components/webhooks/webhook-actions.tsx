"use client";
import { Pencil, Send } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { copyCurl } from "@/components/ui/curl/curl";
import { CurlMenu } from "@/components/ui/curl/curl-menu";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ActionsMenu } from "@/components/ui/menu/actions-menu";
import { MenuItem, MenuSeparator } from "@/components/ui/menu/menu";
import type { Webhook } from "@/contract/webhook";
import type { WebhookActionHandlers } from "./use-webhook-actions";

const EditWebhookDialog = dynamic(() => import("./edit-webhook").then((module) => module.EditWebhookDialog), {
  ssr: false,
});
const RotateSecretDialog = dynamic(() => import("./rotate-secret").then((module) => module.RotateSecretDialog), {
  ssr: false,
});
const DeleteWebhookDialog = dynamic(() => import("./delete-webhook").then((module) => module.DeleteWebhookDialog), {
  ssr: false,
});

/** What can be done to a webhook: what is done often beside its name, the rest in a menu. */
export function WebhookActions({ webhook, actions }: { webhook: Webhook; actions: WebhookActionHandlers }) {
  const [shown, setShown] = useState<"edit" | "rotate" | "delete" | null>(null);
  const onClose = () => setShown(null);
  const { isEnabled } = webhook;
  return (
    <>
      <Button
        disabled={!isEnabled || actions.isPending}
        title={isEnabled ? undefined : "Enable the webhook first"}
        onClick={actions.sendTest}
      >
        <Send aria-hidden className="size-4" /> Send test
      </Button>
      <Button onClick={() => setShown("edit")}>
        <Pencil aria-hidden className="size-4" /> Edit…
      </Button>
      <WebhookCurls webhook={webhook} />
      <ActionsMenu size="icon" label={`Actions on webhook ${revealHidden(webhook.name)}`}>
        <MenuItem isDisabled={actions.isPending} onSelect={() => actions.turn(!isEnabled)}>
          {isEnabled ? "Disable" : "Enable"}
        </MenuItem>
        <MenuItem onSelect={() => setShown("rotate")}>New signing secret…</MenuItem>
        <MenuSeparator />
        <MenuItem isDanger onSelect={() => setShown("delete")}>
          Delete…
        </MenuItem>
      </ActionsMenu>
      {shown === "edit" && <EditWebhookDialog webhook={webhook} onClose={onClose} />}
      {shown === "rotate" && <RotateSecretDialog webhook={webhook} onClose={onClose} />}
      {shown === "delete" && <DeleteWebhookDialog webhook={webhook} onClose={onClose} />}
    </>
  );
}

function WebhookCurls({ webhook: { id, isEnabled } }: { webhook: Webhook }) {
  const path = `/webhooks/${encodeURIComponent(id)}`;
  const post = (act: string) => void copyCurl({ method: "POST", path: `${path}/${act}`, body: {} });
  return (
    <CurlMenu>
      <MenuItem onSelect={() => void copyCurl({ path })}>Copy webhook as curl</MenuItem>
      <MenuItem onSelect={() => void copyCurl({ path: `${path}/deliveries?state=failed` })}>
        Deliveries that failed as curl
      </MenuItem>
      <MenuItem onSelect={() => post("test")}>Copy test as curl</MenuItem>
      <MenuItem onSelect={() => post("redeliver-failed")}>Copy “Resend failed” as curl</MenuItem>
      <MenuItem onSelect={() => void copyCurl({ method: "PATCH", path, body: { isEnabled: !isEnabled } })}>
        {isEnabled ? "Copy “Disable” as curl" : "Copy “Enable” as curl"}
      </MenuItem>
    </CurlMenu>
  );
}
