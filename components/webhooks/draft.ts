import type { CreateWebhookInput, UpdateWebhookInput, Webhook } from "@/contract/webhook";
import type { WebhookEvent, WebhookFormat } from "@/contract/words";

/** What of a webhook a person says; projects and queues with commas between them. */
export type WebhookDraft = {
  name: string;
  url: string;
  events: readonly WebhookEvent[];
  projects: string;
  queues: string;
  format: WebhookFormat;
};

export const NEW_WEBHOOK: WebhookDraft = { name: "", url: "", events: [], projects: "", queues: "", format: "json" };

export function draftOf({ name, url, events, projectIds, queues, format }: Webhook): WebhookDraft {
  return { name, url, events, projects: projectIds.join(", "), queues: queues.join(", "), format };
}

type Fields = Omit<CreateWebhookInput, "tenantId">;

export function fieldsOf(draft: WebhookDraft): Fields {
  return {
    ...{ name: draft.name.trim(), url: draft.url.trim(), events: [...draft.events], format: draft.format },
    ...{ projectIds: idsIn(draft.projects), queues: idsIn(draft.queues) },
  };
}

/** A draft beside a webhook that was changed meanwhile: what the other has changed as it is now, the rest as it was typed. */
export function rebased(draft: WebhookDraft, loaded: Webhook, now: Webhook): WebhookDraft {
  const [before, other] = [draftOf(loaded), draftOf(now)];
  const changed = Object.entries(other).filter(
    ([name, value]) => String(before[name as keyof WebhookDraft]) !== String(value),
  );
  return { ...draft, ...Object.fromEntries(changed) };
}

/** What differs from the webhook as it was seen, and nothing else: the rest is not this person's to overwrite. */
export function changeOf(webhook: Webhook, draft: WebhookDraft): Partial<Omit<UpdateWebhookInput, "webhookId">> {
  const [before, after] = [fieldsOf(draftOf(webhook)), fieldsOf(draft)];
  const changed = Object.entries(after).filter(([key, value]) => String(before[key as keyof Fields]) !== String(value));
  return Object.fromEntries(changed);
}

/** Each once, in the order in which the server answers them. */
function idsIn(text: string): string[] {
  const ids = text.split(",").map((id) => id.trim());
  return [...new Set(ids.filter((id) => id !== ""))].sort();
}
