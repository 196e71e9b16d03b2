"use client";
import { Globe, KeyRound } from "lucide-react";
import Link from "next/link";
import { auditAddress } from "@/components/shell/addresses";
import { Button } from "@/components/ui/button";
import { formatPlural, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, Table } from "@/components/ui/list/table";
import { Time } from "@/components/ui/time/time";
import type { TokenRecord } from "@/contract/identity";

type TokensTableProps = {
  label?: string;
  tokens: readonly TokenRecord[];
  namedId: string | null;
  onRevoke: (token: TokenRecord) => void;
};

/** Tokens, the newest first; a browser's sign-in is one too. */
export function TokensTable({ label = "Tokens", tokens, namedId, onRevoke }: TokensTableProps) {
  return (
    <Table
      label={label}
      rows={tokens}
      columns={columnsOf(onRevoke)}
      keyOf={(token) => token.id}
      selectedKey={namedId}
    />
  );
}

function columnsOf(onRevoke: TokensTableProps["onRevoke"]): Column<TokenRecord>[] {
  return [
    { name: "Name", isLead: true, cell: (token) => <Name token={token} /> },
    {
      name: "Access",
      cell: ({ role, tenantId, scopes }) => (
        <span className="flex max-w-44 flex-col text-xs max-sm:max-w-full">
          <span>{role}</span>
          <span className="truncate text-2xs text-ink-3">
            {tenantId === null ? "all tenants" : `tenant ${tenantId}`}
          </span>
          {scopes !== null && (
            <span className="truncate text-2xs text-ink-3" title={scopes.join(", ")}>
              only {scopes.join(", ")}
            </span>
          )}
        </span>
      ),
    },
    {
      name: "Last used",
      className: "text-xs whitespace-nowrap text-ink-2",
      cell: ({ usedAt }) => (
        <>
          <OnPhone>used </OnPhone>
          {usedAt === null ? <span className="text-ink-3">Never</span> : <Time at={usedAt} />}
        </>
      ),
    },
    {
      name: "Expires",
      className: "text-xs whitespace-nowrap text-ink-2",
      cell: ({ expiresAt }) => (
        <>
          <OnPhone>expires </OnPhone>
          {expiresAt === null ? <span className="text-warn">Never</span> : <Time at={expiresAt} />}
        </>
      ),
    },
    {
      name: "Created",
      isWideOnly: true,
      className: "text-xs whitespace-nowrap text-ink-2",
      cell: ({ createdAt }) => <Time at={createdAt} />,
    },
    {
      name: "Actions",
      isNameHidden: true,
      className: "text-right max-sm:ml-auto",
      cell: (token) => (
        <Button size="sm" aria-label={`Revoke ${revealHidden(token.name)}`} onClick={() => onRevoke(token)}>
          Revoke…
        </Button>
      ),
    },
  ];
}

/** A card has no head that would say it. */
function OnPhone({ children }: { children: string }) {
  return <span className="text-ink-3 sm:hidden">{children}</span>;
}

function Name({ token }: { token: TokenRecord }) {
  const { id, kind, name, browsers, isOwn } = token;
  const Icon = kind === "api" ? KeyRound : Globe;
  const notes = [
    kind === "api" ? "token" : "browser",
    ...(isOwn ? ["yours"] : []),
    ...(browsers > 0 ? [formatPlural(browsers, "browser")] : []),
  ];
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Icon aria-hidden className="size-4 shrink-0 text-ink-3" />
      <span className="flex min-w-0 flex-col">
        <span className="max-w-56 truncate font-medium" title={revealHidden(name)}>
          {revealHidden(name)}
        </span>
        {/* Wraps where the table is narrow, so that the button at its end stays in view. */}
        <span className="flex flex-wrap gap-x-1 text-2xs text-ink-3">
          <span>{notes.join(" · ")} ·</span>
          <Link
            href={auditAddress(id)}
            className="font-mono whitespace-nowrap underline underline-offset-2"
            title={`Audit of ${id}`}
          >
            {shortenId(id)}
          </Link>
        </span>
      </span>
    </span>
  );
}
