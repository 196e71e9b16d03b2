"use client";
import { useMutation } from "@tanstack/react-query";
import { useEffect } from "react";
import { encode } from "uqr";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy";
import { Dialog } from "@/components/ui/dialog/dialog";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Countdown } from "@/components/ui/time/time";
import type { SignInLink } from "@/contract/identity";
import { isLoopbackHost } from "@/contract/loopback";

/** Makes a link that signs one more browser in as the person who is signed in here, and shows it as a picture too. */
export function SignInLinkDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const { mutate, data, error, isPending } = useMutation(trpc.identity.createSignInLink.mutationOptions());
  useEffect(() => mutate(), [mutate]);
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title="Sign in another device">
      <div className="flex flex-col gap-3 text-sm">
        {data !== undefined && <Link link={data} />}
        {isPending && <p className="text-ink-2">Creating a link…</p>}
        <ErrorNote error={error} />
        <div className="flex justify-end gap-2">
          <Button disabled={isPending} onClick={() => mutate()}>
            New link
          </Button>
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function Link({ link: { signInUrl, expiresAt } }: { link: SignInLink }) {
  return (
    <>
      <p className="rounded-md bg-warn-soft p-2 text-xs text-warn">
        Whoever opens this link is signed in as you. It works once and expires <Countdown to={expiresAt} />.
      </p>
      <QrCode text={signInUrl} />
      <div className="flex items-center gap-2 rounded-md border bg-code p-2">
        <code className="min-w-0 flex-1 text-xs wrap-anywhere">{signInUrl}</code>
        <CopyButton text={signInUrl} label="Copy link" />
      </div>
      <p className="text-xs text-ink-2">
        {isLoopbackHost(new URL(signInUrl).hostname)
          ? "This server listens on this computer only, so the link opens here, in another browser. To use a phone, serve it under an address that the phone can reach and set AGENTRUN_PUBLIC_URL."
          : "The other device stays signed in for 14 days at most, and no longer than the sign-in or token that you came by."}
      </p>
    </>
  );
}

/** Black on white in both themes: many cameras read no other. */
function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { border: 2 });
  const path = data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")))
    .filter((part) => part !== "")
    .join("");
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label="The link as a QR code"
      shapeRendering="crispEdges"
      className="mx-auto size-52 rounded-md border bg-white"
    >
      <path d={path} fill="#000" />
    </svg>
  );
}
