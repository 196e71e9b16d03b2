import type { SsoGrant } from "@/contract/sso";

/** What a provider says of a person. */
export type Claims = Readonly<Record<string, unknown>>;

/** What a person may do here: the first grant that fits; null: nothing. */
export function grantFor(claims: Claims, grants: readonly SsoGrant[]): SsoGrant | null {
  return grants.find((grant) => fits(grant, claims)) ?? null;
}

function fits(grant: SsoGrant, claims: Claims): boolean {
  if ("everyone" in grant) return true;
  const wanted = Array.isArray(grant.value) ? grant.value : [grant.value];
  const said = valuesAt(claims, typeof grant.claim === "string" ? [grant.claim] : grant.claim);
  return said.some((value) => wanted.includes(value));
}

/** What a claim says, as texts: one, or each of a list. An address that the provider has not verified says nothing. */
function valuesAt(claims: Claims, [first = "", ...deeper]: string[]): string[] {
  if (first === "email") return verifiedEmail(claims) ?? [];
  let value: unknown = own(claims, first);
  for (const name of deeper) value = own(value, name);
  return (Array.isArray(value) ? value : [value]).flatMap((item) =>
    typeof item === "string" || typeof item === "number" || typeof item === "boolean" ? [String(item)] : [],
  );
}

/** Anybody can type somebody else's address into some providers: one that is said not to be verified is nobody's. */
function verifiedEmail({ email, email_verified: isVerified }: Claims): string[] | null {
  if (typeof email !== "string" || email === "" || isVerified === false || isVerified === "false") return null;
  return [email];
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
    return undefined;
  return (value as Record<string, unknown>)[name];
}

/** The longest that a person's name becomes here. */
const NAME_MAX = 100;

/**
 * What the audit log calls a person: an address, so that nobody is taken for a token, a loop or `admin`. Whoever has no
 * address of the provider's word has a name there, which they may have chosen, and which its host completes.
 */
export function nameOf(claims: Claims, issuer: string): string {
  const [email = ""] = verifiedEmail(claims) ?? [];
  if (email.includes("@")) return readable(email).slice(0, NAME_MAX);
  const name = [claims.preferred_username, claims.sub].map(readable).find((text) => text !== "") ?? "somebody";
  const host = `@${new URL(issuer).hostname}`.slice(-(NAME_MAX - 1));
  return `${name.slice(0, NAME_MAX - host.length)}${host}`;
}

/** A name without what would hide or reorder it. */
function readable(text: unknown): string {
  return typeof text === "string" ? text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S}]/gu, "") : "";
}
