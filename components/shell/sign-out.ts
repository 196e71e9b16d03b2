import { whileSigningOut } from "@/components/trpc/signing-out";

/** Ends this browser's sign-in. */
export function signOut(): Promise<void> {
  return whileSigningOut(async () => {
    await fetch("/api/auth/sign-out", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
    window.location.assign("/sign-in");
  });
}
