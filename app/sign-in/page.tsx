import type { Metadata } from "next";
import { LinkSignIn } from "@/components/shell/link-sign-in";
import { Logo } from "@/components/shell/logo";
import { SignInForm } from "@/components/shell/sign-in-form";
import { SsoButton } from "@/components/shell/sso-button";
import type { Reason } from "@/contract/errors";
import { safeNext } from "@/contract/safe-next";
import type { SsoFailure } from "@/contract/sso";
import { getQueryClient, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Sign in" };

type Refusal = SsoFailure | Extract<Reason, "unauthenticated" | "rate-limited" | "database-down">;

/** By what the server gives as the reason; a provider is called as its label has it. */
const REFUSALS: Record<Refusal, (provider: string) => string> = {
  unauthenticated: () =>
    "This sign-in link has already been used or has expired. Get a new one with npx agentrun sign-in on the server, or sign in with a token below.",
  "rate-limited": () => "Too many failed attempts from your address. Wait a minute, then try again.",
  "database-down": () => "Can't reach the server's database. Try again in a moment.",
  "sso-off": () => "Single sign-on isn't set up on this server.",
  "sso-unreachable": (provider) =>
    `Can't reach ${provider}. Try again in a moment, or check the server log for details.`,
  "sso-denied": (provider) => `${capitalized(provider)} denied the sign-in.`,
  "sso-expired": () => "This sign-in expired, was already completed, or was started in another browser. Try again.",
  "sso-refused": (provider) =>
    `The response from ${provider} was rejected. Try again, or check the server log for details.`,
  "sso-no-grant": (provider) =>
    `Your ${provider} account has no access to this server. Ask an administrator to grant it.`,
};

function refusalOf(reason: string, provider: string): string {
  const refusal = Object.hasOwn(REFUSALS, reason) ? REFUSALS[reason as Refusal] : null;
  return refusal?.(provider) ?? "Couldn't sign in. Try again, or check the server log for details.";
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export default async function SignInPage(props: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { next, error } = await props.searchParams;
  const { sso } = await getQueryClient().fetchQuery(trpc.identity.signInMethods.queryOptions());
  const byHand = (
    <>
      <section className="rounded-lg border bg-panel p-4 text-sm text-ink-2">
        <h2 className="mb-1 font-semibold text-ink">Use the sign-in link</h2>
        <p>
          AgentRun prints a link each time it starts, and <code>npx agentrun sign-in</code> prints a new one at any
          time. A link works once, for one browser.
        </p>
      </section>
      <SignInForm next={safeNext(next)} />
    </>
  );
  return (
    <main className="flex min-h-dvh items-center justify-center p-4">
      <div className="flex w-full max-w-sm flex-col gap-5">
        <div className="flex items-center gap-2.5">
          <Logo className="size-8" />
          <h1 className="text-lg font-semibold tracking-tight">Sign in to AgentRun</h1>
        </div>
        <LinkSignIn />
        {error !== undefined && (
          <p role="alert" className="rounded-md bg-warn-soft p-3 text-sm text-warn">
            {refusalOf(String(error), sso?.label ?? "the sign-in provider")}
          </p>
        )}
        {sso === null ? (
          byHand
        ) : (
          <>
            <SsoButton label={sso.label} next={safeNext(next)} />
            <details className="group">
              <summary className="cursor-pointer text-sm text-ink-2 hover:text-ink">Other ways to sign in</summary>
              <div className="mt-3 flex flex-col gap-5">{byHand}</div>
            </details>
          </>
        )}
      </div>
    </main>
  );
}
