import { z } from "zod";
import { exactText, OwnerId } from "./ids";
import { isLoopbackHost } from "./loopback";
import { ROLES } from "./words";

/** Where a sign-in at the provider begins, and the redirect address to which the provider sends the browser back. */
export const SSO_PATH = "/api/auth/sso";
export const SSO_CALLBACK_PATH = "/api/auth/sso/callback";

/** Why a sign-in at the provider failed, as a code for the sign-in page. */
export type SsoFailure = "sso-off" | "sso-unreachable" | "sso-denied" | "sso-expired" | "sso-refused" | "sso-no-grant";

/** Plain HTTP is accepted only for a provider on this machine. */
const Issuer = exactText(2_000)
  .refine((issuer) => /^https?:$/.test(URL.parse(issuer)?.protocol ?? ""), {
    error: "an address that begins with https://",
    abort: true,
  })
  .refine((issuer) => issuer.startsWith("https:") || isLoopbackHost(new URL(issuer).hostname), {
    error: "must begin with https://: in the clear only this machine is asked",
  })
  .refine((issuer) => !/[?#]/.test(issuer) && new URL(issuer).username + new URL(issuer).password === "", {
    error: "must have no query, fragment or credentials",
  });

/** Which of the provider's people may do what here. */
export const SsoGrant = z
  .strictObject({
    /** A claim's name, or the path to a nested claim. */
    claim: z.union([exactText(200), z.array(exactText(200)).min(1).max(8)]).optional(),
    /** The claim must equal this value or contain it; of several values, one is enough. */
    value: z.union([exactText(500), z.array(exactText(500)).min(1).max(200)]).optional(),
    /** Instead of a claim and its value: everyone whom the provider signs in. */
    everyone: z.literal(true).optional(),
    role: z.enum(ROLES),
    /** One tenant, or `*` for all tenants. */
    tenantId: z.union([z.literal("*"), OwnerId], { error: "a tenant, or * for all of them" }),
  })
  .refine(
    ({ claim, value, everyone }) =>
      everyone ? claim === undefined && value === undefined : claim !== undefined && value !== undefined,
    { error: "give a claim and its value, or everyone" },
  );
export type SsoGrant = z.infer<typeof SsoGrant>;

/** The file that AGENTRUN_SSO names: an OpenID Connect provider, and what its people may do here. */
export const SsoFile = z
  .strictObject({
    /** Exactly as the provider writes it. The provider's configuration is read from an address below it. */
    issuer: Issuer,
    clientId: exactText(500),
    /** The variable of web that holds the client's secret. Without a secret the client is a public client. */
    keyEnv: exactText(200).optional(),
    /** A file that holds the secret instead; it is read at each sign-in. */
    keyFile: exactText(1_000).optional(),
    /** How the client authenticates; by default as the provider prefers. */
    auth: z.enum(["basic", "post"]).optional(),
    /** Whether to accept email addresses that the provider does not mark as verified. */
    trustEmail: z.boolean().default(false),
    /** The provider's name on the sign-in page. */
    label: exactText(60).default("single sign-on"),
    /** The scopes to request, in addition to `openid`. */
    scopes: z.array(exactText(200).regex(/^\S+$/, "must not contain spaces")).max(50).default(["profile", "email"]),
    /** Hours a browser stays signed in; after that, the provider is asked again. */
    sessionHours: z.number().min(0.25).max(336).default(12),
    /** The first grant that matches applies. Nobody without a matching grant can sign in. */
    grants: z.array(SsoGrant).min(1).max(1_000),
  })
  .refine((file) => file.keyEnv === undefined || file.keyFile === undefined, {
    error: "keyEnv and keyFile: give one of them",
  });
export type SsoFile = z.infer<typeof SsoFile>;

/** How people sign in here, for the sign-in page. */
export const SignInMethods = z.object({ sso: z.object({ label: z.string() }).nullable() });
export type SignInMethods = z.infer<typeof SignInMethods>;
