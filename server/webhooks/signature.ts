import { createHmac, randomBytes } from "node:crypto";

/** As Standard Webhooks has it (standardwebhooks.com), whose libraries check what is made here. */
const PREFIX = "whsec_";

/** What a webhook's deliveries are signed with: 256 random bits, written as receivers' libraries read them. */
export function newWebhookSecret(): string {
  return PREFIX + randomBytes(32).toString("base64");
}

export type SignedMessage = { id: string; sentAt: Date; body: string };

/** The headers that tell a receiver who sent a message, and when: one signature for each secret that is good now. */
export function signatureHeaders(secrets: readonly string[], { id, sentAt, body }: SignedMessage) {
  const timestamp = String(Math.floor(sentAt.getTime() / 1_000));
  const sign = (secret: string) => {
    const key = Buffer.from(secret.slice(PREFIX.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  };
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": secrets.map(sign).join(" ") };
}
