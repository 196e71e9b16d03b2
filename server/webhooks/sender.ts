import { setMaxListeners } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { and, eq, lt, sql } from "drizzle-orm";
import { DELIVERIES_KEPT_DAYS } from "@/contract/words";
import {
  type BegunDelivery,
  beginDeliveries,
  makeDeliveries,
  noteAnswer,
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

/** Messages under way at once: of all webhooks, of those that are failing, and of one that is not. */
const AT_ONCE_MAX = 32;
const FAILING_MAX = 16;
const EACH_MAX = 4;
/**
 * A pass lasts while something is under way, within this bound, so that the check whether the loop still lives gets its
 * turn.
 */
const PASS_MS = 10_000;
/** While something is under way, new events and due deliveries wait no longer than this. */
const LOOK_MS = 250;
const ADDRESSED_BATCH = 2_000;
const OLD_BATCH = 1_000;
/** Longer than a try may take: a try not settled by then was lost with its worker, and is repeated. */
const TRY_LEASE_MS = 60_000;
/** A webhook to which nothing has arrived for so long is disabled when a delivery is given up. */
const GIVE_UP_HOURS = 24;
/** The status with which a receiver says that it wants no more messages, ever. */
const GONE = 410;

type WebhookSenderDeps = {
  ctx: ServiceContext;
  send?: typeof sendMessage;
  pauseAfter?: typeof pauseAfter;
  leaseMs?: number;
};

/**
 * Sends messages to webhooks. Each message is sent at least once, and until it is accepted or given up, even if workers
 * die meanwhile. Messages have no order; one whose answer was lost is sent again with the same id.
 */
export class WebhookSender {
  /** Tries that are under way: what takes its time goes on beside the next passes. */
  readonly #underWay = new Map<string, { begun: BegunDelivery; settled: Promise<void> }>();
  readonly #stop = new AbortController();
  #oldLookedAt = 0;

  constructor(private readonly deps: WebhookSenderDeps) {
    // Each try listens; more are never under way.
    setMaxListeners(AT_ONCE_MAX, this.#stop.signal);
  }

  /**
   * Makes deliveries of what happened, and begins those that are due. If two workers do this at once, each try is still
   * begun only once.
   */
  async pass(): Promise<void> {
    const { db } = this.deps.ctx;
    const endsAt = performance.now() + PASS_MS;
    for (;;) {
      const taken = await makeDeliveries(db, ADDRESSED_BATCH);
      await this.#begin();
      const isOver = this.#stop.signal.aborted || performance.now() >= endsAt;
      if (isOver || (taken === 0 && this.#underWay.size === 0)) break;
      if (taken === 0) await this.#untilOneIsSettled(LOOK_MS);
    }
    await this.#removeOld(endsAt);
  }

  /** Ends what is under way: it counts as lost, and is tried again by whoever leads then. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#underWay.values()].map(({ settled }) => settled));
  }

  async #untilOneIsSettled(longestMs: number): Promise<void> {
    const look = new AbortController();
    const looked = pause(longestMs, undefined, { signal: look.signal }).catch(() => undefined);
    await Promise.race([looked, ...[...this.#underWay.values()].map(({ settled }) => settled)]);
    look.abort();
  }

  async #begin(): Promise<void> {
    const { ctx, leaseMs = TRY_LEASE_MS } = this.deps;
    const tries = [...this.#underWay.values()].map(({ begun }) => begun);
    const max = AT_ONCE_MAX - tries.length;
    if (max <= 0) return;
    const failingMax = Math.max(0, FAILING_MAX - tries.filter(({ isFailing }) => isFailing).length);
    const underWay = new Map<string, number>();
    for (const { webhookId } of tries) underWay.set(webhookId, (underWay.get(webhookId) ?? 0) + 1);
    const begun = await beginDeliveries(ctx.db, { max, failingMax, eachMax: EACH_MAX, underWay, leaseMs });
    // What was begun in the moment of a stop counts as lost.
    if (this.#stop.signal.aborted) return;
    for (const delivery of begun) {
      const key = `${delivery.id} ${delivery.attempts}`;
      const settled = this.#try(delivery).finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, { begun: delivery, settled });
    }
  }

  /**
   * Sends a delivery and records the outcome. Never throws: what cannot be recorded is sent again once the try counts
   * as lost.
   */
  async #try(begun: BegunDelivery): Promise<void> {
    const { ctx } = this.deps;
    const sentAt = new Date();
    const beganAt = performance.now();
    try {
      // A try that cannot even begin, for example because Node refuses the address, counts like any failed try.
      const sent = await this.#send(begun, sentAt).catch((error: NodeJS.ErrnoException) => unanswered(reasonOf(error)));
      if (this.#stop.signal.aborted) return;
      await this.#settle(begun, sent, { at: sentAt.toISOString(), tookMs: Math.round(performance.now() - beganAt) });
    } catch (error) {
      const { webhookId, id: deliveryId } = begun;
      ctx.log.warn({ err: error, webhookId, deliveryId }, "how a delivery went could not be stored");
    }
  }

  async #send({ id, url, secrets, tenantId, format, ...happened }: BegunDelivery, sentAt: Date): Promise<Sent> {
    const { ctx, send = sendMessage } = this.deps;
    const { publicUrl } = ctx.settings;
    const body = bodyOf({ ...happened, at: new Date(happened.atMs) }, { format, publicUrl });
    const headers = signatureHeaders(secrets, { id, sentAt, body });
    return send({ url, headers, body, isPublicOnly: tenantId !== null }, this.#stop.signal);
  }

  async #settle(begun: BegunDelivery, sent: Sent, when: { at: string; tookMs: number }): Promise<void> {
    const { ctx } = this.deps;
    const { status, error, text } = sent;
    const isArrived = error === null;
    const wait = this.deps.pauseAfter ?? pauseAfter;
    const pauseMs = isArrived || status === GONE ? null : wait(begun.attemptsNow, sent.retryAfterMs);
    const of = { begun, triedNow: { ...when, status, error, text }, triesMax: ATTEMPTS_MAX };
    const isOwn = await settleDelivery(
      ctx.db,
      pauseMs === null ? { ...of, state: isArrived ? "delivered" : "failed" } : { ...of, state: "pending", pauseMs },
    );
    if (!isOwn) return;
    await noteAnswer(ctx.db, begun, isArrived);
    if (isArrived || pauseMs !== null) return;
    const { webhookId, id: deliveryId, attemptsNow: attempts } = begun;
    ctx.log.warn({ webhookId, deliveryId, attempts, error }, "a webhook's delivery was given up");
    await this.#disable(begun, status === GONE);
  }

  /** Disables a webhook that says that it is gone, or that has taken nothing for long. */
  async #disable({ webhookId, url }: BegunDelivery, isGone: boolean): Promise<void> {
    const reason = isGone ? `it answered ${GONE}: it is gone` : `nothing arrived there for ${GIVE_UP_HOURS} hours`;
    await inTx(this.deps.ctx, async (ctx) => {
      const long = lt(webhooks.failingSince, sql`clock_timestamp() - ${GIVE_UP_HOURS} * interval '1 hour'`);
      const [disabled] = await ctx.db
        .update(webhooks)
        .set({
          ...{ isEnabled: false, disabledReason: reason, version: sql`${webhooks.version} + 1` },
          updatedAt: sql`clock_timestamp()`,
        })
        .where(
          and(
            eq(webhooks.id, webhookId),
            eq(webhooks.url, url),
            eq(webhooks.isEnabled, true),
            isGone ? undefined : long,
          ),
        )
        .returning();
      if (disabled === undefined) return;
      const { tenantId, name } = disabled;
      const details = { name, reason };
      await audit(ctx, { action: "webhooks.disable", targetKind: "webhook", targetId: webhookId, tenantId, details });
    });
  }

  /** Once a minute is often enough for what is days old. */
  async #removeOld(endsAt: number): Promise<void> {
    const now = performance.now();
    if (this.#oldLookedAt !== 0 && now - this.#oldLookedAt < 60_000) return;
    this.#oldLookedAt = now;
    for (;;) {
      const removed = await removeOldDeliveries(this.deps.ctx.db, DELIVERIES_KEPT_DAYS, OLD_BATCH);
      if (removed < OLD_BATCH || performance.now() >= endsAt) break;
    }
  }
}
