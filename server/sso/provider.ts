import * as oidc from "openid-client";
import type { SsoFile } from "@/contract/sso";
import { type ReadVariable, readKey } from "@/server/backends";
import { type Claims, nameOf, trustedClaims } from "./grant";

/** The limit for one request to the provider. */
const TIMEOUT_SECONDS = 10;
/** How far the provider's clock may differ from this one. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** How long the provider's metadata is cached. Its signing keys are fetched again when one is unknown. */
const METADATA_MS = 60 * 60_000;

/** A sign-in that was begun, as its browser keeps it until the provider sends it back. */
export type Pending = { state: string; nonce: string; verifier: string; next: string };

/** Who a provider says that somebody is. */
export type Person = { issuer: string; subject: string; name: string; claims: Claims };

type CachedMetadata = { metadata: oidc.ServerMetadata; until: number };

/**
 * An OpenID Connect provider, used by the authorization code flow with PKCE. Signatures are checked with the provider's
 * keys.
 */
export class SsoProvider {
  #found: CachedMetadata | null = null;
  #asking: Promise<oidc.ServerMetadata> | null = null;
  #configuration: { key: string | null; metadata: oidc.ServerMetadata; made: oidc.Configuration } | null = null;

  constructor(
    readonly file: SsoFile,
    private readonly readVariable: ReadVariable,
  ) {}

  /**
   * Returns where a browser goes to sign in, and what it has to bring back. Throws when the provider cannot be reached.
   */
  async begin(redirectUri: string, next: string): Promise<{ address: URL; pending: Pending }> {
    const configuration = await this.#configure();
    const pending = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      next,
    };
    const address = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: [...new Set(["openid", ...this.file.scopes])].join(" "),
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: "S256",
    });
    return { address, pending };
  }

  /**
   * Exchanges the code that the provider gave to the browser for the person's identity. Throws when anything about it
   * is wrong.
   */
  async finish(returned: URL, pending: Pending): Promise<Person> {
    const configuration = await this.#configure();
    const tokens = await oidc.authorizationCodeGrant(configuration, returned, {
      pkceCodeVerifier: pending.verifier,
      expectedState: pending.state,
      expectedNonce: pending.nonce,
      idTokenExpected: true,
    });
    const signed = tokens.claims();
    if (!signed) throw new Error("the provider gave no ID token");
    // Many providers report groups only there. Signed claims take precedence.
    const userInfo = configuration.serverMetadata().userinfo_endpoint
      ? await oidc.fetchUserInfo(configuration, tokens.access_token, signed.sub)
      : {};
    const claims = trustedClaims({ ...userInfo, ...signed }, this.file.trustEmail);
    return { issuer: signed.iss, subject: signed.sub, name: nameOf(claims, this.file.issuer), claims };
  }

  async #configure(): Promise<oidc.Configuration> {
    const [metadata, key] = await Promise.all([this.#metadata(), this.#key()]);
    const known = this.#configuration;
    // Kept while nothing changes, because it holds the provider's signing keys.
    if (known && known.key === key && known.metadata === metadata) return known.made;
    const made = new oidc.Configuration(
      metadata,
      this.file.clientId,
      { [oidc.clockTolerance]: CLOCK_TOLERANCE_SECONDS },
      key === null ? oidc.None() : this.#authentication(metadata, key),
    );
    made.timeout = TIMEOUT_SECONDS;
    if (this.#isLocal()) oidc.allowInsecureRequests(made);
    oidc.enableNonRepudiationChecks(made);
    this.#configuration = { key, metadata, made };
    return made;
  }

  /**
   * Returns the client's current secret; null: it is a public client. Throws when a configured secret is missing:
   * otherwise the client would be treated as public.
   */
  async #key(): Promise<string | null> {
    const { keyEnv, keyFile } = this.file;
    const key = await readKey(this.file, this.readVariable);
    if (key === null && (keyEnv ?? keyFile) !== undefined)
      throw new Error(`the client's secret is not in its ${keyEnv === undefined ? "file" : `variable ${keyEnv}`}`);
    return key;
  }

  /** Returns the provider's metadata, requested once for all concurrent callers. */
  async #metadata(): Promise<oidc.ServerMetadata> {
    if (this.#found && this.#found.until > performance.now()) return this.#found.metadata;
    this.#asking ??= this.#discover().finally(() => {
      this.#asking = null;
    });
    const known = this.#found;
    // Metadata that is an hour old is better than none.
    return known ? this.#asking.catch(() => known.metadata) : this.#asking;
  }

  async #discover(): Promise<oidc.ServerMetadata> {
    const discovered = await oidc.discovery(new URL(this.file.issuer), this.file.clientId, undefined, oidc.None(), {
      timeout: TIMEOUT_SECONDS,
      execute: this.#isLocal() ? [oidc.allowInsecureRequests] : [],
    });
    // A copy, without the library's exception for multi-tenant issuers at Entra ID, by which any of those tenants could
    // sign in.
    const metadata = discovered.serverMetadata();
    this.#found = { metadata, until: performance.now() + METADATA_MS };
    return metadata;
  }

  /**
   * Sends the secret in the body where possible. The standard's default is the header, which many servers read in ways
   * of their own.
   */
  #authentication(metadata: oidc.ServerMetadata, key: string): oidc.ClientAuth {
    const known = metadata.token_endpoint_auth_methods_supported;
    const auth = this.file.auth ?? (known?.includes("client_secret_post") ? "post" : "basic");
    return auth === "post" ? oidc.ClientSecretPost(key) : oidc.ClientSecretBasic(key);
  }

  /** Only a provider on this machine may use plain HTTP (`SsoFile`). */
  #isLocal(): boolean {
    return this.file.issuer.startsWith("http:");
  }
}
