import { eq } from "drizzle-orm";
import { sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { purgeDeleted } from "@/server/retention";
import { createRun } from "@/server/runs";
import { createSession } from "@/server/sessions";
import {
  adoptVolume,
  collectGarbage,
  evictStorage,
  forkSession,
  repairStorage,
  restoreStorage,
} from "@/server/storage";
import { collectOne } from "@/server/storage/collect-one";
import { ADMIN } from "@/server/test/context";
import { PROFILE, type Subject } from "./subjects";

/** What a story does to its subject, or what a new process does after the death. */
export type Step = (ctx: ServiceContext, subject: Subject) => Promise<unknown>;

const KEPT = { dryRun: false, limit: 100 };

export const create: Step = (ctx, { sessionId }) => createSession(ctx, { ...PROFILE, sessionId });
export const createWithRun: Step = (ctx, { sessionId }) =>
  createRun(ctx, { ...PROFILE, sessionRef: { sessionId }, idempotencyKey: sessionId });
export const evict: Step = (ctx, { sessionId }) => evictStorage(ctx, { sessionId });
export const restore: Step = (ctx, { sessionId }) => restoreStorage(ctx, { sessionId });
export const fork: Step = (ctx, subject) =>
  forkSession(ctx, { sessionId: forkSource(subject).sessionId, newSessionId: subject.sessionId });
export const collectIt: Step = (ctx, { sessionId }) => collectOne(ctx, sessionId);
export const collect: Step = (ctx) => collectGarbage(ctx, KEPT);
export const repair: Step = (ctx) => repairStorage(ctx);
export const purge: Step = (ctx) => purgeDeleted(ctx);
export const adopt: Step = async (ctx, { sessionId }) => {
  const name = ctx.volumes.nameFor(sessionId);
  const { uid = "" } = (await ctx.volumes.inspect(name)) ?? {};
  // A volume without a session belongs to no tenant, so an administrator adopts it.
  return adoptVolume({ ...ctx, actor: ADMIN }, { ...PROFILE, name, uid });
};
/** For an order that is refused the second time, because it is already carried out. */
export const unless =
  (isDone: (ctx: ServiceContext, subject: Subject) => Promise<boolean>, step: Step): Step =>
  async (ctx, subject) => {
    if (!(await isDone(ctx, subject))) await step(ctx, subject);
  };
export const hasRow = async (ctx: ServiceContext, { sessionId }: Subject) =>
  (await ctx.db.$count(sessions, eq(sessions.sessionId, sessionId))) > 0;
export const both =
  (first: Step, second: Step): Step =>
  async (ctx, subject) => {
    await first(ctx, subject);
    await second(ctx, subject);
  };

/** Returns the session from which a subject is forked. */
export function forkSource({ sessionId, tenantId }: Subject): Subject {
  return { sessionId: `${sessionId}_source`, tenantId };
}
