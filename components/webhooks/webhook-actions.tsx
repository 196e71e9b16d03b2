"use client";
import { Pencil, Send } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { ActsMenu } from "@/components/ui/acts-menu";
import { Button } from "@/components/ui/button";
import { copyCurl } from "@/components/ui/curl";
import { CurlMenu } from "@/components/ui/curl-menu";
import { showTricks } from "@/components/ui/hidden-text";
import { MenuItem, MenuSeparator } from "@/components/ui/menu";
import type { Webhook } from "@/contract/webhook";
import type { WebhookActs } from "./use-webhook-acts";

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
export function WebhookActions({ webhook, acts }: { webhook: Webhook; acts: WebhookActs }) {
  const [shown, setShown] = useState<"edit" | "rotate" | "delete" | null>(null);
  const onClose = () => setShown(null);
  const { isEnabled } = webhook;
  return (
    <>
      <Button
        disabled={!isEnabled || acts.isPending}
        title={isEnabled ? undefined : "Enable the webhook first"}
        onClick={acts.sendTest}
      >
        <Send aria-hidden className="size-4" /> Send test
      </Button>
      <Button onClick={() => setShown("edit")}>
        <Pencil aria-hidden className="size-4" /> Edit…
      </Button>
      <WebhookCurls webhook={webhook} />
      <ActsMenu size="icon" label={`Actions on webhook ${showTricks(webhook.name)}`}>
        <MenuItem isDisabled={acts.isPending} onSelect={() => acts.turn(!isEnabled)}>
          {isEnabled ? "Disable" : "Enable"}
        </MenuItem>
        <MenuItem onSelect={() => setShown("rotate")}>New signing secret…</MenuItem>
        <MenuSeparator />
        <MenuItem isDanger onSelect={() => setShown("delete")}>
          Delete…
        </MenuItem>
      </ActsMenu>
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
