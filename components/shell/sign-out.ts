/** Ends this browser's sign-in. */
export async function signOut(): Promise<void> {
  // What the page asks for meanwhile is refused: that must not lead to a sign-in that comes back here.
  document.documentElement.dataset.signingOut = "true";
  await fetch("/api/auth/sign-out", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  window.location.assign("/sign-in");
}
