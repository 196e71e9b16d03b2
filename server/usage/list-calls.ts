import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListCallsInput, ModelCall } from "@/contract/usage";
import { type ModelCallRow, modelCalls } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isOwned } from "@/server/owned";
import { decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { iso } from "@/server/stored";

/** Lists calls to models, the newest first. A call appears once it has ended. */
export async function listCalls(ctx: ServiceContext, input: ListCallsInput): Promise<Page<ModelCall>> {
  const { cursor, limit, ...asked } = input;
  const filter = { ...asked, list: "usage.calls" };
  const rows = await ctx.db
    .select({ call: modelCalls, position: sql<string>`${modelCalls.startedAt}::text` })
    .from(modelCalls)
    .where(and(matches(ctx, asked), cursor === undefined ? undefined : after(decodePlace(filter, cursor, 2))))
    .orderBy(desc(modelCalls.startedAt), desc(modelCalls.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.call.id]));
  return { items: page.rows.map(({ call }) => toCall(call)), cursor: page.cursor };
}

function matches(ctx: ServiceContext, asked: Omit<ListCallsInput, "cursor" | "limit">): SQL | undefined {
  return and(
    isOwned(ctx, modelCalls, asked),
    asked.callId === undefined ? undefined : eq(modelCalls.id, asked.callId),
    asked.runId === undefined ? undefined : eq(modelCalls.runId, asked.runId),
    asked.sessionId === undefined ? undefined : eq(modelCalls.sessionId, asked.sessionId),
    asked.taskId === undefined ? undefined : eq(modelCalls.taskId, asked.taskId),
    asked.backendProfile === undefined ? undefined : eq(modelCalls.backendProfile, asked.backendProfile),
    asked.model === undefined ? undefined : eq(modelCalls.model, asked.model),
    asked.outcome === undefined ? undefined : eq(modelCalls.outcome, asked.outcome),
  );
}

function after([startedAt, id]: (string | number | null)[]): SQL {
  return sql`(${modelCalls.startedAt}, ${modelCalls.id}) < (${startedAt}::timestamptz, ${id})`;
}

function toCall(row: ModelCallRow): ModelCall {
  return { ...row, startedAt: iso(row.startedAt) };
}
