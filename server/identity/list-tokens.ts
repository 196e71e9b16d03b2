import { and, desc, sql } from "drizzle-orm";
import type { ListTokensInput, TokenRecord } from "@/contract/identity";
import type { Page } from "@/contract/page";
import { tokens } from "@/db/schema";
import { type ServiceContext, tenantFor } from "@/server/context";
import { decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { isListed, isOfTenant, toTokenRecord } from "./token-record";

/** Lists the tokens that sign somebody in and have not ended, the newest first. Tokens of runs are not among them. */
export async function listTokens(ctx: ServiceContext, input: ListTokensInput): Promise<Page<TokenRecord>> {
  const { cursor, limit, ...conditions } = input;
  const filter = { ...conditions, list: "identity.tokens" };
  const position = cursor === undefined ? null : decodePlace(filter, cursor, 2);
  const rows = await ctx.db
    .select({
      token: tokens,
      position: sql<string>`${tokens.createdAt}::text`,
      browsers: sql<number>`(select count(*)::int from agentrun_tokens cookie where cookie.parent_id = "agentrun_tokens"."id"
        and cookie.kind = 'operator' and cookie.revoked_at is null and cookie.expires_at > clock_timestamp())`,
    })
    .from(tokens)
    .where(
      and(
        isListed(),
        isOfTenant(tenantFor(ctx, input.tenantId)),
        position === null
          ? undefined
          : sql`(${tokens.createdAt}, ${tokens.id}) < (${position[0]}::timestamptz, ${position[1]})`,
      ),
    )
    .orderBy(desc(tokens.createdAt), desc(tokens.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.token.id]));
  return { items: page.rows.map((row) => toTokenRecord(ctx, row.token, row.browsers)), cursor: page.cursor };
}
