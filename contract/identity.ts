import { z } from "zod";
import { chosenName, Instant, OwnerId, RecordId, requiredText, text } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { LISTED_TOKEN_KINDS, ROLES, TOKEN_SCOPES } from "./words";

/** Who the caller is; a null tenant means every tenant. */
export const Identity = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  tenantId: z.string().nullable(),
  /** null: everything that the role may. */
  scopes: z.array(z.string()).nullable(),
  /** When the token ends that the caller came with; null: never by itself. */
  expiresAt: z.string().nullable(),
});
export type Identity = z.infer<typeof Identity>;

export const SignInInput = z.strictObject({ token: z.string().min(1).max(512) });
export type SignInInput = z.infer<typeof SignInInput>;

export const ListTokensInput = z.strictObject({
  tenantId: RecordId.optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListTokensInput = z.infer<typeof ListTokensInput>;

export const CreateTokenInput = z.strictObject({
  /** Whom the audit log names; of the live tokens of a tenant no two have the same. */
  name: requiredText(100),
  role: z.enum(ROLES),
  /** Left out by an administrator of all tenants: every tenant. */
  tenantId: OwnerId.optional(),
  /** What it may call, within its role; left out: everything. */
  scopes: z.array(z.enum(TOKEN_SCOPES)).min(1).max(TOKEN_SCOPES.length).optional(),
  /** Left out: never, or with the caller's own token, which nothing that it makes outlives. */
  expiresAt: Instant.optional(),
});
export type CreateTokenInput = z.infer<typeof CreateTokenInput>;

export const CreateOwnTokenInput = z.strictObject({
  /** What it is for, such as the machine that will have it; the audit log adds it to the caller's name. */
  label: chosenName(40),
  /** What it may call, within the caller's own rights; left out: everything. */
  scopes: z.array(z.enum(TOKEN_SCOPES)).min(1).max(TOKEN_SCOPES.length).optional(),
});
export type CreateOwnTokenInput = z.infer<typeof CreateOwnTokenInput>;

export const RevokeTokenInput = z.strictObject({ tokenId: RecordId, reason: text(1_000).optional() });
export type RevokeTokenInput = z.infer<typeof RevokeTokenInput>;

/** A token that signs somebody in. Its secret is told once, when it is made, and stored nowhere. */
export const TokenRecord = z.object({
  id: z.string(),
  kind: z.enum(LISTED_TOKEN_KINDS),
  name: z.string(),
  role: z.enum(ROLES),
  tenantId: z.string().nullable(),
  /** null: everything that its role may. */
  scopes: z.array(z.string()).nullable(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  /** To the minute; null while it was never used. */
  usedAt: z.string().nullable(),
  /** Browsers that are signed in by it. */
  browsers: z.number(),
  /** The caller's own. */
  isOwn: z.boolean(),
});
export type TokenRecord = z.infer<typeof TokenRecord>;
export const TokenPage = pageOf(TokenRecord);

/** The tokens that a browser's sign-in has made for programs of its person; they end with it. */
export const OwnTokens = z.object({
  items: z.array(TokenRecord),
  /** Whether the caller may make any: only a browser may that came by a link or a provider. */
  mayMake: z.boolean(),
  /** When the sign-in ends by itself; null where nothing can be made. */
  until: z.string().nullable(),
});
export type OwnTokens = z.infer<typeof OwnTokens>;

export const CreatedToken = TokenRecord.extend({ token: z.string() });
export type CreatedToken = z.infer<typeof CreatedToken>;

export const RevokedToken = z.object({ tokenId: z.string(), browsers: z.number() });
export type RevokedToken = z.infer<typeof RevokedToken>;
