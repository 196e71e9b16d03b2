"use client";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { ErrorNote } from "@/components/ui/error-note";
import { Field, Input } from "@/components/ui/field";

/** Signs in with a token: the server answers with a cookie that no script can read. */
export function SignInForm({ next }: { next: string }) {
  const [token, setToken] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isPending, setIsPending] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setIsPending(true);
    setError(null);
    try {
      const answer = await fetch("/api/auth/sign-in", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token: token.trim() }),
      });
      if (answer.ok) {
        window.location.assign(next);
        return;
      }
      const body = (await answer.json().catch(() => null)) as { error?: { message?: string } } | null;
      setError(body?.error?.message ?? "The token was not accepted.");
    } catch {
      setError("The server does not answer.");
    }
    setIsPending(false);
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3 rounded-lg border bg-panel p-4">
      <h2 className="text-sm font-semibold">With a token</h2>
      <Field
        label="Administrator or API token"
        hint="AGENTRUN_ADMIN_TOKEN, or the token in the data folder's secrets.json."
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
      <Button look="primary" type="submit" disabled={isPending || token.trim() === ""}>
        {isPending ? "Signing in…" : "Sign in"}
      </Button>
    </form>
  );
}
