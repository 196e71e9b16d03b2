"use client";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Field, Input } from "@/components/ui/form/field";
import { postSignIn } from "./post-sign-in";

const INVALID_TOKEN = "That token isn't valid or has expired.";

/** Signs in with a token: the server answers with a cookie that no script can read. */
export function SignInForm({ next }: { next: string }) {
  const [token, setToken] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isPending, setIsPending] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setIsPending(true);
    setError(null);
    const failure = await postSignIn(token.trim(), INVALID_TOKEN);
    if (failure === null) {
      window.location.assign(next);
      return;
    }
    setError(failure);
    setIsPending(false);
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3 rounded-lg border bg-panel p-4">
      <h2 className="text-sm font-semibold">Use a token</h2>
      <Field
        label="Admin or API token"
        hint={
          <>
            The value of <code>AGENTRUN_ADMIN_TOKEN</code>, or <code>adminToken</code> in <code>secrets.json</code> of
            the server's data folder.
          </>
        }
      >
        {(id) => (
          <Input
            id={id}
            type="password"
            required
            autoComplete="current-password"
            className="font-mono"
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        )}
      </Field>
      <ErrorNote error={error} />
      <Button variant="primary" type="submit" disabled={isPending || token.trim() === ""}>
        {isPending ? "Signing in…" : "Sign in"}
      </Button>
    </form>
  );
}
