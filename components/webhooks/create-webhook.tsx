"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { type FormEvent, useState } from "react";
import { TenantField } from "@/components/settings/tenant-field";
import { webhookAddress } from "@/components/shell/addresses";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { Button, buttonStyle } from "@/components/ui/button";
import { CurlButton } from "@/components/ui/curl-button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorNote } from "@/components/ui/error-note";
import { showTricks } from "@/components/ui/hidden-text";
import type { CreateWebhookInput, WebhookWithSecret } from "@/contract/webhook";
import { fieldsOf, NEW_WEBHOOK } from "./draft";
import { WebhookFields } from "./webhook-fields";
import { WebhookSecret } from "./webhook-secret";

/** Makes a webhook, and tells its secret the one time that it is known. */
export function CreateWebhookDialog({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<WebhookWithSecret | null>(null);
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={made === null ? "New webhook" : `Webhook ${showTricks(made.name)}`}
    >
      {made === null ? (
        <WebhookForm onMade={setMade} onClose={onClose} />
      ) : (
        <WebhookSecret secret={made.secret}>
          <Button onClick={onClose}>Done</Button>
          <Link href={webhookAddress(made.id)} className={buttonStyle({ look: "primary" })}>
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
  const { tenantId: own } = useIdentity();
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
  const isOfAll = own === null && tenantId.trim() === "";
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
      <WebhookFields draft={draft} urlHint={urlHint(isOfAll)} onChange={setDraft} />
      {own === null && (
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
        <Button look="primary" type="submit" disabled={create.isPending || !isWhole}>
          {create.isPending ? "Creating…" : "Create webhook"}
        </Button>
      </div>
    </form>
  );
}

/** Which addresses there may be: a tenant's must not reach what only this installation's network does. */
export function urlHint(isOfAll: boolean): string {
  return isOfAll
    ? "Messages are sent there as POST requests."
    : "Messages are sent there as POST requests. https and a public address only.";
}
