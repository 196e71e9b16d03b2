import type { Metadata } from "next";
import { Logo } from "@/components/shell/logo";
import { SignInForm } from "@/components/shell/sign-in-form";
import { SsoButton } from "@/components/shell/sso-button";
import { safeNext } from "@/contract/safe-next";
import { getQueryClient, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Sign in" };

/** By what the server gives as the reason; a provider is called as its label has it. */
function refusalOf(reason: string, provider: string): string {
  switch (reason) {
    case "unauthenticated":
      return "This sign-in link was used already, or has expired. The server prints a new one when it starts.";
    case "rate-limited":
      return "Too many tries from this address have failed. Wait a minute, then try again.";
    case "database-down":
      return "The server's database does not answer. Try again in a moment.";
    case "sso-off":
      return "No sign-in provider is configured on this server.";
    case "sso-unreachable":
      return `The server cannot reach ${provider}. Try again in a moment; its log says what is in the way.`;
    case "sso-denied":
      return `${capitalized(provider)} was told not to sign you in here.`;
    case "sso-expired":
      return "This sign-in took too long, was finished already, or was begun in another browser. Begin again.";
    case "sso-refused":
      return `What ${provider} said of you could not be accepted. Try again; the server's log says why.`;
    case "sso-no-grant":
      return `${capitalized(provider)} knows you, and nothing here is granted to you. Ask whoever runs this server for it.`;
    default:
      return "Signing in failed. Try it again, or look at the server's log.";
  }
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
