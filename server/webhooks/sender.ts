import { setMaxListeners } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { and, eq, lt, sql } from "drizzle-orm";
import { DELIVERIES_KEPT_DAYS } from "@/contract/words";
import {
  type BegunDelivery,
  beginDeliveries,
  createDeliveries,
  finishDelivery,
  recordAnswer,
  removeOldDeliveries,
} from "@/db/queries/webhook-deliveries";
import { webhooks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { bodyOf } from "./message";
import { ATTEMPTS_MAX, retryDelayAfter } from "./schedule";
import { errorCode, noResponse, postMessage, type SendResult } from "./send";
import { signatureHeaders } from "./signature";

/** Messages under way at once: of all webhooks, of those that are failing, and of one that is not. */
const IN_FLIGHT_MAX = 32;
const FAILING_IN_FLIGHT_MAX = 16;
const IN_FLIGHT_PER_WEBHOOK_MAX = 4;
/**
 * A pass lasts while something is under way, within this bound, so that the check whether the loop still lives gets its
 * turn.
 */
const PASS_MAX_MS = 10_000;
/** While something is under way, new events and due deliveries wait no longer than this. */
const POLL_MS = 250;
const EVENTS_BATCH = 2_000;
const REMOVE_BATCH = 1_000;
/** Longer than a try may take: a try not settled by then was lost with its worker, and is repeated. */
const TRY_LEASE_MS = 60_000;
/** A webhook to which nothing has arrived for so long is disabled when a delivery is given up. */
const DISABLE_AFTER_HOURS = 24;
/** The status with which a receiver says that it wants no more messages, ever. */
const HTTP_GONE = 410;

type WebhookSenderDeps = {
  ctx: ServiceContext;
  send?: typeof postMessage;
  retryDelayAfter?: typeof retryDelayAfter;
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
  #lastCleanupAt = 0;

  constructor(private readonly deps: WebhookSenderDeps) {
    // Each try listens; more are never under way.
    setMaxListeners(IN_FLIGHT_MAX, this.#stop.signal);
  }

  /**
   * Makes deliveries of what happened, and begins those that are due. If two workers do this at once, each try is still
   * begun only once.
   */
  async pass(): Promise<void> {
    const { db } = this.deps.ctx;
    const endsAt = performance.now() + PASS_MAX_MS;
    for (;;) {
      const eventCount = await createDeliveries(db, EVENTS_BATCH);
      await this.#begin();
      const isDone = this.#stop.signal.aborted || performance.now() >= endsAt;
      if (isDone || (eventCount === 0 && this.#underWay.size === 0)) break;
      if (eventCount === 0) await this.#waitForSettled(POLL_MS);
    }
    await this.#removeOld(endsAt);
  }

  /** Ends what is under way: it counts as lost, and is tried again by whoever leads then. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#underWay.values()].map(({ settled }) => settled));
  }

  async #waitForSettled(longestMs: number): Promise<void> {
    const controller = new AbortController();
    const timeout = pause(longestMs, undefined, { signal: controller.signal }).catch(() => undefined);
    await Promise.race([timeout, ...[...this.#underWay.values()].map(({ settled }) => settled)]);
    controller.abort();
  }

  async #begin(): Promise<void> {
    const { ctx, leaseMs = TRY_LEASE_MS } = this.deps;
    const tries = [...this.#underWay.values()].map(({ begun }) => begun);
    const max = IN_FLIGHT_MAX - tries.length;
    if (max <= 0) return;
    const failingMax = Math.max(0, FAILING_IN_FLIGHT_MAX - tries.filter(({ isFailing }) => isFailing).length);
    const inFlight = new Map<string, number>();
    for (const { webhookId } of tries) inFlight.set(webhookId, (inFlight.get(webhookId) ?? 0) + 1);
    const begun = await beginDeliveries(ctx.db, {
      max,
      failingMax,
      eachMax: IN_FLIGHT_PER_WEBHOOK_MAX,
      underWay: inFlight,
      leaseMs,
    });
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
      const result = await this.#send(begun, sentAt).catch((error: NodeJS.ErrnoException) =>
        noResponse(errorCode(error)),
      );
      if (this.#stop.signal.aborted) return;
      await this.#record(begun, result, { at: sentAt.toISOString(), tookMs: Math.round(performance.now() - beganAt) });
    } catch (error) {
      const { webhookId, id: deliveryId } = begun;
      ctx.log.warn({ err: error, webhookId, deliveryId }, "could not record the delivery's outcome");
    }
  }

  async #send({ id, url, secrets, tenantId, format, ...occurrence }: BegunDelivery, sentAt: Date): Promise<SendResult> {
    const { ctx, send = postMessage } = this.deps;
    const { publicUrl } = ctx.settings;
    const body = bodyOf({ ...occurrence, at: new Date(occurrence.atMs) }, { format, publicUrl });
    const headers = signatureHeaders(secrets, { id, sentAt, body });
    return send({ url, headers, body, isPublicOnly: tenantId !== null }, this.#stop.signal);
  }

  async #record(begun: BegunDelivery, result: SendResult, timing: { at: string; tookMs: number }): Promise<void> {
    const { ctx } = this.deps;
    const { status, error, text } = result;
    const isDelivered = error === null;
    const delayAfter = this.deps.retryDelayAfter ?? retryDelayAfter;
    const pauseMs = isDelivered || status === HTTP_GONE ? null : delayAfter(begun.attemptsNow, result.retryAfterMs);
    const settlement = { begun, triedNow: { ...timing, status, error, text }, triesMax: ATTEMPTS_MAX };
    const isRecorded = await finishDelivery(
      ctx.db,
      pauseMs === null
        ? { ...settlement, state: isDelivered ? "delivered" : "failed" }
        : { ...settlement, state: "pending", pauseMs },
    );
    if (!isRecorded) return;
    await recordAnswer(ctx.db, begun, isDelivered);
    if (isDelivered || pauseMs !== null) return;
    const { webhookId, id: deliveryId, attemptsNow: attempts } = begun;
    ctx.log.warn({ webhookId, deliveryId, attempts, error }, "gave up the webhook delivery");
    await this.#disable(begun, status === HTTP_GONE);
  }

  /** Disables a webhook that says that it is gone, or that has taken nothing for long. */
  async #disable({ webhookId, url }: BegunDelivery, isGone: boolean): Promise<void> {
    const reason = isGone
      ? `it answered ${HTTP_GONE}: it is gone`
      : `nothing arrived there for ${DISABLE_AFTER_HOURS} hours`;
    await inTx(this.deps.ctx, async (ctx) => {
      const hasFailedLong = lt(
        webhooks.failingSince,
        sql`clock_timestamp() - ${DISABLE_AFTER_HOURS} * interval '1 hour'`,
      );
      const [disabled] = await ctx.db
        .update(webhooks)
        .set({
          isEnabled: false,
          disabledReason: reason,
          version: sql`${webhooks.version} + 1`,
          updatedAt: sql`clock_timestamp()`,
        })
        .where(
          and(
            eq(webhooks.id, webhookId),
            eq(webhooks.url, url),
            eq(webhooks.isEnabled, true),
            isGone ? undefined : hasFailedLong,
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
    if (this.#lastCleanupAt !== 0 && now - this.#lastCleanupAt < 60_000) return;
    this.#lastCleanupAt = now;
    for (;;) {
      const removed = await removeOldDeliveries(this.deps.ctx.db, DELIVERIES_KEPT_DAYS, REMOVE_BATCH);
      if (removed < REMOVE_BATCH || performance.now() >= endsAt) break;
    }
  }
}
