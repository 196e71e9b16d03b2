"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import { formatAge, formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { useNow } from "@/components/ui/time/clock";
import type { TokenRecord } from "@/contract/identity";

type RevokeTokenDialogProps = {
  token: TokenRecord;
  /** Whether it is one that the caller's own sign-in made, which needs no administrator. */
  isOwn?: boolean;
  onClose: () => void;
};

/** Says what stops working, asks why, and ends a token. */
export function RevokeTokenDialog({ token, isOwn, onClose }: RevokeTokenDialogProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const nowMs = useNow();
  const onSuccess = () => {
    onClose();
    void client.invalidateQueries({ queryKey: trpc.identity.tokens.pathKey() });
    void client.invalidateQueries({ queryKey: trpc.identity.ownTokens.pathKey() });
    toast.success(`Revoked ${revealHidden(token.name)}`);
  };
  const revokeOwn = useMutation(trpc.identity.revokeOwnToken.mutationOptions({ onSuccess }));
  const revokeAny = useMutation(trpc.identity.revokeToken.mutationOptions({ onSuccess }));
  const revoke = isOwn ? revokeOwn : revokeAny;
  return (
    <DangerDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={token.kind === "api" ? "Revoke token" : "Sign out browser"}
      consequence={
        <ul className="list-disc pl-4">
          {breaksOf(token, nowMs).map((line) => (
            <li key={line}>{revealHidden(line)}</li>
          ))}
        </ul>
      }
      hasReason
      action={token.kind === "api" ? "Revoke token" : "Sign out"}
      isPending={revoke.isPending}
      error={revoke.error}
      onConfirm={(reason) => revoke.mutate({ tokenId: token.id, reason })}
    />
  );
}

/** What stops working when a token ends. */
export function breaksOf(token: TokenRecord, nowMs: number): string[] {
  const { kind, name, role, tenantId, usedAt, browsers, isOwn } = token;
  const where = tenantId === null ? "all tenants" : `tenant ${tenantId}`;
  const used = usedAt === null ? "never" : formatAge(Date.parse(usedAt), nowMs);
  return [
    kind === "api"
      ? `Everything that uses ${name} (${role}, ${where}) loses access within a second. Last used ${used}.`
      : `The browser signed in as ${name} (${role}, ${where}) has to sign in again. Last used ${used}.`,
    ...(browsers > 0
      ? [`${formatPlural(browsers, "browser")} signed in with it ${browsers === 1 ? "is" : "are"} signed out.`]
      : []),
    ...(isOwn ? ["This is the token you're signed in with: you are signed out too."] : []),
    "This can't be undone. Active runs continue.",
  ];
}
