"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { type FormEvent, useState } from "react";
import { TenantField } from "@/components/settings/tenant-field";
import { webhookAddress } from "@/components/shell/addresses";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { Button, buttonStyle } from "@/components/ui/button";
import { CurlButton } from "@/components/ui/curl/curl-button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { ErrorNote } from "@/components/ui/error/error-note";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { CreateWebhookInput, WebhookWithSecret } from "@/contract/webhook";
import { fieldsOf, NEW_WEBHOOK } from "./draft";
import { WebhookFields } from "./webhook-fields";
import { WebhookSecret } from "./webhook-secret";

/** Makes a webhook, and tells its secret the one time that it is known. */
export function CreateWebhookDialog({ onClose }: { onClose: () => void }) {
  const [createdWebhook, setCreatedWebhook] = useState<WebhookWithSecret | null>(null);
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={createdWebhook === null ? "New webhook" : `Webhook ${revealHidden(createdWebhook.name)}`}
    >
      {createdWebhook === null ? (
        <WebhookForm onMade={setCreatedWebhook} onClose={onClose} />
      ) : (
        <WebhookSecret secret={createdWebhook.secret}>
          <Button onClick={onClose}>Done</Button>
          <Link href={webhookAddress(createdWebhook.id)} className={buttonStyle({ variant: "primary" })}>
            Open webhook
          </Link>
        </WebhookSecret>
      )}
    </Dialog>
  );
}

type WebhookFormProps = { onMade: (webhook: WebhookWithSecret) => void; onClose: () => void };

function WebhookForm({ onMade, onClose }: WebhookFormProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { tenantId: ownTenantId } = useIdentity();
  const [draft, setDraft] = useState(NEW_WEBHOOK);
  const [tenantId, setTenantId] = useState("");
  const create = useMutation(
    trpc.webhooks.create.mutationOptions({
      onSuccess: (webhook) => {
        onMade(webhook);
        void client.invalidateQueries({ queryKey: trpc.webhooks.list.pathKey() });
      },
    }),
  );
  const isAllTenants = ownTenantId === null && tenantId.trim() === "";
  const input: CreateWebhookInput = {
    ...fieldsOf(draft),
    ...(tenantId.trim() === "" ? {} : { tenantId: tenantId.trim() }),
  };
  const isWhole = input.name !== "" && input.url !== "" && input.events.length > 0;

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (isWhole) create.mutate(input);
  }

  return (
    <form className="flex flex-col gap-3" onSubmit={submit}>
      <WebhookFields draft={draft} urlHint={urlHint(isAllTenants)} onChange={setDraft} />
      {ownTenantId === null && (
        <TenantField
          hint="Which tenant's events are sent. Leave empty for all tenants."
          value={tenantId}
          onChange={setTenantId}
        />
      )}
      <ErrorNote error={create.error} />
      <div className="flex flex-wrap justify-end gap-2">
        <CurlButton call={() => ({ method: "POST", path: "/webhooks", body: input })} />
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" type="submit" disabled={create.isPending || !isWhole}>
          {create.isPending ? "Creating…" : "Create webhook"}
        </Button>
      </div>
    </form>
  );
}

/** Which addresses there may be: a tenant's must not reach what only this installation's network does. */
export function urlHint(isAllTenants: boolean): string {
  return isAllTenants
    ? "Messages are sent there as POST requests."
    : "Messages are sent there as POST requests. https and a public address only.";
}
