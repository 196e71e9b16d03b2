"use client";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useIdentity } from "@/components/shell/identity";
import { useNamedRecord } from "@/components/shell/named-record";
import { useTRPC } from "@/components/trpc/client";
import { tokenPages } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { CallHint } from "@/components/ui/curl/call-hint";
import { formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { LoadMore } from "@/components/ui/list/load-more";
import { EmptyState, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import type { TokenRecord } from "@/contract/identity";
import { OwnTokens } from "./own-tokens";
import { TokensTable } from "./tokens-table";

const CreateTokenDialog = dynamic(() => import("./create-token").then((module) => module.CreateTokenDialog), {
  ssr: false,
});
const RevokeTokenDialog = dynamic(() => import("./revoke-token").then((module) => module.RevokeTokenDialog), {
  ssr: false,
});

const EXAMPLE = { name: "ci", role: "operator", scopes: ["queue"] };

/** The tokens that sign somebody in: an administrator's to see, to make and to end. Whoever signed in has some of their own. */
export function Tokens() {
  const trpc = useTRPC();
  const { role } = useIdentity();
  const ownTokens = useQuery(trpc.identity.ownTokens.queryOptions());
  if (role !== "admin" && ownTokens.data?.mayMake !== true) return ownTokens.isPending ? null : <NoTokens />;
  return (
    <div className="flex min-w-0 flex-col gap-4 self-start">
      {role === "admin" && <AllTokens />}
      {ownTokens.data?.mayMake && <OwnTokens ownTokens={ownTokens.data} />}
    </div>
  );
}

function NoTokens() {
  const { role, name } = useIdentity();
  return (
    <Panel title="Tokens" className="self-start">
      <EmptyState title="Only administrators can manage tokens">
        You're signed in as {revealHidden(name)} with the role {role}. This page needs the role admin.
      </EmptyState>
    </Panel>
  );
}

function AllTokens() {
  const trpc = useTRPC();
  const query = useInfiniteQuery(tokenPages(trpc));
  const tokens = query.data?.pages.flatMap((page) => page.items) ?? [];
  const [isCreating, setIsCreating] = useState(false);
  const [ending, setEnding] = useState<TokenRecord | null>(null);
  const named = useNamedRecord();
  const onCreate = () => setIsCreating(true);
  return (
    <Panel
      title="Tokens"
      actions={
        <Button size="sm" onClick={onCreate}>
          <Plus aria-hidden className="size-3.5" /> New token
        </Button>
      }
    >
      <QueryView query={query}>
        {() =>
          tokens.length === 0 ? (
            <EmptyState title="No tokens yet" action={<Button onClick={onCreate}>New token</Button>}>
              Create a token for each program or person that needs access. The admin token from the server’s environment
              isn’t listed here.
              <CallHint label="Create one from a program:" call={{ method: "POST", path: "/tokens", body: EXAMPLE }} />
            </EmptyState>
          ) : (
            <>
              <TokensTable tokens={tokens} namedId={named} onRevoke={setEnding} />
              <p className="flex items-center justify-center gap-3 p-3 text-xs text-ink-3">
                {formatPlural(tokens.length, "token")}
                <LoadMore query={query} />
              </p>
            </>
          )
        }
      </QueryView>
      {isCreating && <CreateTokenDialog onClose={() => setIsCreating(false)} />}
      {ending !== null && <RevokeTokenDialog token={ending} onClose={() => setEnding(null)} />}
    </Panel>
  );
}
