/** Buys this browser's cookie with a token. Returns null once it is there, else why not, as a sentence. */
export async function postSignIn(token: string, refusal: string): Promise<string | null> {
  try {
    const answer = await fetch("/api/auth/sign-in", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    if (answer.ok) return null;
    const body = (await answer.json().catch(() => null)) as { error?: { message?: string } } | null;
    return answer.status === 401 ? refusal : (body?.error?.message ?? "Couldn't sign in. Try again.");
  } catch {
    return "Can't reach the server. Try again in a moment.";
  }
}
