import type { Metadata } from "next";
import { Logo } from "@/components/shell/logo";
import { safeNext } from "@/components/shell/safe-next";
import { SignInForm } from "@/components/shell/sign-in-form";

export const metadata: Metadata = { title: "Sign in" };

const REFUSALS: Record<string, string> = {
  unauthenticated: "This sign-in link was used already, or has expired. The server prints a new one when it starts.",
  "rate-limited": "Too many tries from this address have failed. Wait a minute, then try again.",
  "database-down": "The server's database does not answer. Try again in a moment.",
};

export default async function SignInPage(props: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { next, error } = await props.searchParams;
  return (
    <main className="flex min-h-dvh items-center justify-center p-4">
      <div className="flex w-full max-w-sm flex-col gap-5">
        <div className="flex items-center gap-2.5">
          <Logo className="size-8" />
          <h1 className="text-lg font-semibold tracking-tight">Sign in to AgentRun</h1>
        </div>
        {error !== undefined && (
          <p role="alert" className="rounded-md bg-warn-soft p-3 text-sm text-warn">
            {REFUSALS[String(error)] ?? "Signing in failed. Try it again, or look at the server's log."}
          </p>
        )}
        <section className="rounded-lg border bg-panel p-4 text-sm text-ink-2">
          <h2 className="mb-1 font-semibold text-ink">With the printed link</h2>
          <p>When it starts, the server prints a link that signs one browser in, once. Open it here.</p>
        </section>
        <SignInForm next={safeNext(next)} />
      </div>
    </main>
  );
}
