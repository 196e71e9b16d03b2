import type { Metadata } from "next";
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
    "This sign-in link was used already, or has expired. The server prints a new one when it starts.",
  "rate-limited": () => "Too many tries from this address have failed. Wait a minute, then try again.",
  "database-down": () => "The server's database does not answer. Try again in a moment.",
  "sso-off": () => "No sign-in provider is configured on this server.",
  "sso-unreachable": (provider) =>
    `${capitalized(provider)} cannot be reached, or is not well. Try again in a moment; the server's log says what is in the way.`,
  "sso-denied": (provider) => `${capitalized(provider)} did not sign you in here: you, or whoever runs it, said no.`,
  "sso-expired": () =>
    "This sign-in took too long, was finished already, or was begun in another browser. Begin again.",
  "sso-refused": (provider) => `What ${provider} said could not be accepted. Try again; the server's log says why.`,
  "sso-no-grant": (provider) =>
    `${capitalized(provider)} knows you, and nothing here is granted to you. Ask whoever runs this server for it.`,
};

function refusalOf(reason: string, provider: string): string {
  const refusal = Object.hasOwn(REFUSALS, reason) ? REFUSALS[reason as Refusal] : null;
  return refusal?.(provider) ?? "Signing in failed. Try it again, or look at the server's log.";
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
        <h2 className="mb-1 font-semibold text-ink">With the printed link</h2>
        <p>When it starts, the server prints a link that signs one browser in, once. Open it here.</p>
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
              <summary className="cursor-pointer text-sm text-ink-2 hover:text-ink">With a link or a token</summary>
              <div className="mt-3 flex flex-col gap-5">{byHand}</div>
            </details>
          </>
        )}
      </div>
    </main>
  );
}
