import { createHmac, randomBytes } from "node:crypto";

/** As Standard Webhooks has it (standardwebhooks.com), whose libraries check what is made here. */
const PREFIX = "whsec_";

/**
 * Makes the secret with which a webhook's deliveries are signed: 256 random bits, in the form that receivers' libraries
 * read.
 */
export function newWebhookSecret(): string {
  return PREFIX + randomBytes(32).toString("base64");
}

export type SignedMessage = { id: string; sentAt: Date; body: string };

/**
 * Returns the headers that prove to a receiver who sent a message and when, with one signature for each valid secret.
 */
export function signatureHeaders(secrets: readonly string[], { id, sentAt, body }: SignedMessage) {
  const timestamp = String(Math.floor(sentAt.getTime() / 1_000));
  const sign = (secret: string) => {
    const key = Buffer.from(secret.slice(PREFIX.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  };
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": secrets.map(sign).join(" ") };
}
