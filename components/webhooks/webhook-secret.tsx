import type { ReactNode } from "react";
import { CopyButton } from "@/components/ui/copy";

/** What a webhook's deliveries are signed with, the one time that it is told, and how a receiver checks them by it. */
export function WebhookSecret({ secret, children }: { secret: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-3 text-sm">
      <p className="rounded-md bg-warn-soft p-2 text-xs text-warn">
        This is the only time it is shown. Anyone who has it can forge messages from this webhook.
      </p>
      <div className="flex items-center gap-2 rounded-md border bg-code p-2">
        <code className="min-w-0 flex-1 text-xs wrap-anywhere">{secret}</code>
        <CopyButton text={secret} label="Copy secret" />
      </div>
      <div className="flex flex-col gap-1.5 text-xs text-ink-2">
        <p>
          Each message is signed as Standard Webhooks has it, whose libraries check it. By hand:{" "}
          <code>webhook-signature</code> holds <code>v1,</code> and the HMAC-SHA256, in base64, of
        </p>
        <code className="rounded-md border bg-code p-2 wrap-anywhere">{"{webhook-id}.{webhook-timestamp}.{body}"}</code>
        <p>
          The key is what follows <code>whsec_</code>, decoded from base64. More than one signature may stand there,
          with spaces between them. A <code>webhook-id</code> that comes again is the same message.
        </p>
      </div>
      <div className="flex flex-wrap justify-end gap-2">{children}</div>
    </div>
  );
}
