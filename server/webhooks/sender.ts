import { setMaxListeners } from "node:events";
import { and, eq, lt, sql } from "drizzle-orm";
import { DELIVERIES_KEPT_DAYS } from "@/contract/words";
import {
  addressEvents,
  type BegunDelivery,
  beginDeliveries,
  removeOldDeliveries,
  settleDelivery,
} from "@/db/queries/webhook-deliveries";
import { webhooks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { bodyOf } from "./message";
import { ATTEMPTS_MAX, pauseAfter } from "./schedule";
import { reasonOf, type Sent, sendMessage, unanswered } from "./send";
import { signatureHeaders } from "./signature";

/** Messages under way at once, of all webhooks and of one. */
const AT_ONCE_MAX = 32;
const EACH_MAX = 4;
/** A pass goes on while there is something to begin, but makes room for whoever looks whether it still lives. */
const PASS_MS = 10_000;
const EVENTS_BATCH = 500;
const OLD_BATCH = 1_000;
/** Longer than a try may take: what is not settled by then was lost with its worker, and is tried again. */
const TRY_LEASE_MS = 60_000;
const TRIES_KEPT = ATTEMPTS_MAX;
/** A webhook to which nothing has arrived for so long is disabled when a delivery is given up. */
const GIVE_UP_HOURS = 24;
/** What a receiver says that wants no more, ever. */
const GONE = 410;

type WebhookSenderDeps = {
  ctx: ServiceContext;
  send?: typeof sendMessage;
  pauseAfter?: typeof pauseAfter;
  leaseMs?: number;
};

/**
 * Tells webhooks what happened. Each message is sent at least once and until it is taken or given up, whatever dies in
 * between; in no order, and again with the same id where its answer was lost.
 */
export class WebhookSender {
  /** Tries that are under way: what takes its time goes on beside the next passes. */
  readonly #underWay = new Map<string, { webhookId: string; settled: Promise<void> }>();
  readonly #stop = new AbortController();
  #oldLookedAt = 0;

  constructor(private readonly deps: WebhookSenderDeps) {
    // Each try listens; more are never under way.
    setMaxListeners(AT_ONCE_MAX, this.#stop.signal);
  }

  /** Addresses what happened, and begins what is due. Two workers at once begin each try once. */
  async pass(): Promise<void> {
    const { db } = this.deps.ctx;
    const endsAt = performance.now() + PASS_MS;
    let hasMore = true;
    while (hasMore && !this.#stop.signal.aborted && performance.now() < endsAt) {
      const taken = await addressEvents(db, EVENTS_BATCH);
      const begun = await this.#begin();
      hasMore = taken === EVENTS_BATCH || begun > 0;
      if (begun > 0) await Promise.race([...this.#underWay.values()].map(({ settled }) => settled));
    }
    await this.#removeOld();
  }

  /** Ends what is under way: it counts as lost, and is tried again by whoever leads then. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#underWay.values()].map(({ settled }) => settled));
  }

  async #begin(): Promise<number> {
    const max = AT_ONCE_MAX - this.#underWay.size;
    if (max <= 0) return 0;
    const underWay = new Map<string, number>();
    for (const { webhookId } of this.#underWay.values()) underWay.set(webhookId, (underWay.get(webhookId) ?? 0) + 1);
    const { ctx, leaseMs = TRY_LEASE_MS } = this.deps;
    const begun = await beginDeliveries(ctx.db, { max, eachMax: EACH_MAX, underWay, leaseMs });
    for (const delivery of begun) {
      const key = `${delivery.id} ${delivery.attempts}`;
      const settled = this.#try(delivery).finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, { webhookId: delivery.webhookId, settled });
    }
    return begun.length;
  }

  async #try(delivery: BegunDelivery): Promise<void> {
    const { ctx, send = sendMessage } = this.deps;
    const { id, url, secrets, tenantId, webhookId } = delivery;
    const sentAt = new Date();
    const beganAt = performance.now();
    const { publicUrl } = ctx.settings;
    const body = bodyOf({ ...delivery, at: new Date(delivery.atMs) }, { format: delivery.format, publicUrl });
    const headers = signatureHeaders(secrets, { id, sentAt, body });
    const message = { url, headers, body, isPublicOnly: tenantId !== null };
    // One that cannot even be begun, as by an address that Node refuses, ends as others do: by its tries.
    const sent = await send(message, this.#stop.signal).catch((error: NodeJS.ErrnoException) =>
      unanswered(reasonOf(error)),
    );
    if (this.#stop.signal.aborted) return;
    try {
      await this.#settle(delivery, sent, { at: sentAt.toISOString(), tookMs: Math.round(performance.now() - beganAt) });
    } catch (error) {
      // It is tried again once it counts as lost.
      ctx.log.warn({ err: error, webhookId, deliveryId: id }, "how a delivery went could not be stored");
    }
  }

  async #settle(delivery: BegunDelivery, sent: Sent, when: { at: string; tookMs: number }): Promise<void> {
    const { ctx } = this.deps;
    const { id: deliveryId, webhookId, attempts } = delivery;
    const { status, error } = sent;
    const pauseMs =
      error === null || status === GONE ? null : (this.deps.pauseAfter ?? pauseAfter)(attempts, sent.retryAfterMs);
    const triedNow = { ...when, status, error };
    const of = { deliveryId, webhookId, attempts, triedNow, triesMax: TRIES_KEPT };
    if (error === null) await settleDelivery(ctx.db, { ...of, state: "delivered" });
    else if (pauseMs !== null) await settleDelivery(ctx.db, { ...of, state: "pending", pauseMs });
    else if (await settleDelivery(ctx.db, { ...of, state: "failed" })) {
      ctx.log.warn({ webhookId, deliveryId, attempts, error }, "a webhook's delivery was given up");
      await this.#disable(webhookId, status === GONE);
    }
  }

  /** Disables a webhook that says that it is gone, or that has taken nothing for long. */
  async #disable(webhookId: string, isGone: boolean): Promise<void> {
    const reason = isGone ? `it answered ${GONE}: it is gone` : `nothing arrived there for ${GIVE_UP_HOURS} hours`;
    await inTx(this.deps.ctx, async (ctx) => {
      const long = lt(webhooks.failingSince, sql`clock_timestamp() - ${GIVE_UP_HOURS} * interval '1 hour'`);
      const [disabled] = await ctx.db
        .update(webhooks)
        .set({
          ...{ isEnabled: false, disabledReason: reason, version: sql`${webhooks.version} + 1` },
          updatedAt: sql`clock_timestamp()`,
        })
        .where(and(eq(webhooks.id, webhookId), eq(webhooks.isEnabled, true), isGone ? undefined : long))
        .returning();
      if (disabled === undefined) return;
      const { tenantId, name } = disabled;
      const details = { name, reason };
      await audit(ctx, { action: "webhooks.disable", targetKind: "webhook", targetId: webhookId, tenantId, details });
    });
  }

  /** Once a minute is often enough for what is days old. */
  async #removeOld(): Promise<void> {
    const now = performance.now();
    if (this.#oldLookedAt !== 0 && now - this.#oldLookedAt < 60_000) return;
    this.#oldLookedAt = now;
    await removeOldDeliveries(this.deps.ctx.db, DELIVERIES_KEPT_DAYS, OLD_BATCH);
  }
}
