"use client";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { ErrorNote } from "@/components/ui/error/error-note";
import { LINK_FRAGMENT } from "@/contract/words";
import { postSignIn } from "./post-sign-in";

const LINK_USED = "This link has already been used or has expired. Create a new one where you are signed in.";

/**
 * Asks before the link in the address signs this browser in: it may come from somebody else, whose sessions would then
 * be taken for one's own. The link is taken out of the address at once.
 */
export function LinkSignIn() {
  const [token, setToken] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [isPending, setIsPending] = useState(false);
  useEffect(() => {
    const found = new URLSearchParams(window.location.hash.slice(1)).get(LINK_FRAGMENT);
    if (found === null) return;
    setToken(found);
    window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  }, []);
  if (token === null) return null;

  async function signIn(link: string): Promise<void> {
    setIsPending(true);
    const failure = await postSignIn(link, LINK_USED);
    if (failure === null) {
      window.location.assign("/");
      return;
    }
    setError(failure);
    setIsPending(false);
  }

  return (
    <section className="flex flex-col gap-3 rounded-lg border border-accent bg-panel p-4 text-sm">
      <h2 className="font-semibold">Sign in with a one-time link</h2>
      <p className="text-ink-2">
        It signs this browser in as the person who created it. Continue only if you created it yourself.
      </p>
      <ErrorNote error={error} />
      <Button variant="primary" disabled={isPending || error !== null} onClick={() => void signIn(token)}>
        {isPending ? "Signing in…" : "Sign in with this link"}
      </Button>
    </section>
  );
}
