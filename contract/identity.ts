import { z } from "zod";
import { chosenName, Instant, OwnerId, RecordId, requiredText, text } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { LISTED_TOKEN_KINDS, ROLES, TOKEN_SCOPES } from "./words";

/** Who the caller is. A null tenant means every tenant. */
export const Identity = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  tenantId: z.string().nullable(),
  /** null: everything that the role may do. */
  scopes: z.array(z.string()).nullable(),
  /** When the caller's token ends; null: it has no end. */
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
  /** The name in the audit log. Unique among the tenant's live tokens. */
  name: requiredText(100),
  role: z.enum(ROLES),
  /** Default for an administrator of all tenants: every tenant. */
  tenantId: OwnerId.optional(),
  /** The procedures that the token may call, within its role; by default all of them. */
  scopes: z.array(z.enum(TOKEN_SCOPES)).min(1).max(TOKEN_SCOPES.length).optional(),
  /** By default the token never ends, or ends with the caller's own token: nothing that a token makes outlives it. */
  expiresAt: Instant.optional(),
});
export type CreateTokenInput = z.infer<typeof CreateTokenInput>;

export const CreateOwnTokenInput = z.strictObject({
  /** What the token is for, such as the machine that will hold it. The audit log appends it to the caller's name. */
  label: chosenName(40),
  /** The procedures that the token may call, within the caller's own rights; by default all of them. */
  scopes: z.array(z.enum(TOKEN_SCOPES)).min(1).max(TOKEN_SCOPES.length).optional(),
});
export type CreateOwnTokenInput = z.infer<typeof CreateOwnTokenInput>;

/** A link that signs one browser in as the caller. Its secret is in this answer alone, and stored nowhere. */
export const SignInLink = z.object({
  signInUrl: z.string(),
  /** The link works once, until then. */
  expiresAt: z.string(),
});
export type SignInLink = z.infer<typeof SignInLink>;

export const RevokeTokenInput = z.strictObject({ tokenId: RecordId, reason: text(1_000).optional() });
export type RevokeTokenInput = z.infer<typeof RevokeTokenInput>;

/** A token that signs somebody in. Its secret is returned once, when the token is made, and stored nowhere. */
export const TokenRecord = z.object({
  id: z.string(),
  kind: z.enum(LISTED_TOKEN_KINDS),
  name: z.string(),
  role: z.enum(ROLES),
  tenantId: z.string().nullable(),
  /** null: everything that its role may do. */
  scopes: z.array(z.string()).nullable(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  /** Rounded to the minute; null if the token was never used. */
  usedAt: z.string().nullable(),
  /** Number of browsers signed in with it. */
  browsers: z.number(),
  /** Whether it is the caller's own token. */
  isOwn: z.boolean(),
});
export type TokenRecord = z.infer<typeof TokenRecord>;
export const TokenPage = pageOf(TokenRecord);

/** The tokens that a browser's sign-in has made for its person's programs; they end with the sign-in. */
export const OwnTokens = z.object({
  items: z.array(TokenRecord),
  /** Whether the caller may make such tokens: only a browser that signed in by a link or at a provider may. */
  mayMake: z.boolean(),
  /** When the sign-in ends; null where no token can be made. */
  until: z.string().nullable(),
});
export type OwnTokens = z.infer<typeof OwnTokens>;

export const CreatedToken = TokenRecord.extend({ token: z.string() });
export type CreatedToken = z.infer<typeof CreatedToken>;

export const RevokedToken = z.object({ tokenId: z.string(), browsers: z.number() });
export type RevokedToken = z.infer<typeof RevokedToken>;
