import { and, desc, eq, isNotNull } from "drizzle-orm";
import type { CreatedToken, CreateOwnTokenInput, OwnTokens, RevokedToken, RevokeTokenInput } from "@/contract/identity";
import type { Tx } from "@/db/client";
import { tokens } from "@/db/schema";
import { type Actor, inTx, type ServiceContext, type TxContext } from "@/server/context";
import { ForbiddenError, NotFoundError } from "@/server/errors";
import { iso } from "@/server/stored";
import { storeApiToken, storedScopes } from "./create-token";
import { lockLiveToken } from "./lock-live-token";
import { revokeToken } from "./revoke-token";
import { isListed, toTokenRecord } from "./token-record";

/** The maximum for one sign-in. */
export const OWN_TOKENS_MAX = 50;

export type Browser = { rootId: string; expiresAt: Date | null };

/** Lists the tokens of the caller's own sign-in, the newest first. */
export function listOwnTokens(ctx: ServiceContext): Promise<OwnTokens> {
  return inTx(ctx, async (ctx) => {
    const browser = await findBrowser(ctx.actor, ctx.db);
    if (browser === null) return { items: [], mayMake: false, until: null };
    const rows = await ctx.db
      .select()
      .from(tokens)
      .where(and(isListed(), isOwn(browser)))
      .orderBy(desc(tokens.createdAt), desc(tokens.id))
      .limit(OWN_TOKENS_MAX);
    return { items: rows.map((row) => toTokenRecord(ctx, row, 0)), mayMake: true, until: iso(browser.expiresAt) };
  });
}

/**
 * Makes a token with which programs, such as the command line, can do what the caller may. It ends with the caller's
 * sign-in, so a person whom the provider no longer lets in has no token left either. Only browsers can make such
 * tokens, so that no token makes another.
 */
export function createOwnToken(ctx: ServiceContext, input: CreateOwnTokenInput): Promise<CreatedToken> {
  const { actor } = ctx;
  if (actor.kind !== "operator") throw notBrowserError();
  const description = {
    name: `${actor.name}/${input.label}`,
    role: actor.role,
    tenantId: actor.tenantId,
    scopes: storedScopes(input.scopes),
  };
  return storeApiToken(ctx, description, async ({ db }) => {
    const { browser } = await requireOwnTokenCapacity({ actor, db });
    return { expiresAt: browser.expiresAt, parentId: browser.rootId };
  });
}

type Caller = Pick<TxContext, "actor" | "db">;
type CallingBrowser = { tokenId: string; browser: Browser };

/**
 * Returns the calling browser and its cookie, locked. Throws `forbidden` for a caller that may not make tokens of its
 * own.
 */
export async function requireBrowser({ actor, db }: Caller): Promise<CallingBrowser> {
  const browser = await findBrowser(actor, db);
  if (browser === null || actor.kind !== "operator" || actor.tokenId === null) throw notBrowserError();
  return { tokenId: actor.tokenId, browser };
}

/** The same; also throws `forbidden` when the sign-in has the maximum of tokens. */
export async function requireOwnTokenCapacity(caller: Caller): Promise<CallingBrowser> {
  const found = await requireBrowser(caller);
  const alive = await caller.db.$count(tokens, and(isListed(), isOwn(found.browser)));
  if (alive < OWN_TOKENS_MAX) return found;
  throw new ForbiddenError(`this sign-in has ${OWN_TOKENS_MAX} tokens of its own: revoke one first`);
}

/**
 * Ends a token of the caller's own sign-in. Such a token may also end itself, when somebody signs out in a terminal.
 */
export function revokeOwnToken(ctx: ServiceContext, input: RevokeTokenInput): Promise<RevokedToken> {
  return inTx(ctx, async (ctx) => {
    const { actor, db } = ctx;
    const browser = await findBrowser(actor, db);
    const ownToken = actor.kind === "operator" && actor.tokenId === input.tokenId ? isAnyOwnToken() : undefined;
    const isAllowed = browser === null ? ownToken : isOwn(browser);
    const isFound =
      isAllowed !== undefined && (await db.$count(tokens, and(eq(tokens.id, input.tokenId), isAllowed))) > 0;
    if (!isFound) throw new NotFoundError("token", input.tokenId);
    return revokeToken(ctx, input);
  });
}

function isOwn({ rootId }: Browser) {
  return and(eq(tokens.parentId, rootId), eq(tokens.kind, "api"));
}

/** The condition for tokens that any browser's sign-in made: no other `api` token has a parent. */
function isAnyOwnToken() {
  return and(isNotNull(tokens.parentId), eq(tokens.kind, "api"));
}

/** Returns the sign-in of a caller's cookie, locked; null: the caller came by a token, and needs no other. */
async function findBrowser(actor: Actor, tx: Tx): Promise<Browser | null> {
  if (actor.kind !== "operator" || actor.tokenId === null) return null;
  const { token, root } = await lockLiveToken(tx, actor.tokenId);
  if (token.kind !== "operator" || root.kind !== "operator") return null;
  return { rootId: root.id, expiresAt: token.expiresAt };
}

function notBrowserError(): ForbiddenError {
  return new ForbiddenError(
    "tokens of one's own are made in a browser that signed in by a link or at a provider: whoever came by a token has that",
  );
}
