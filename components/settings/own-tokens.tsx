"use client";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { DocLink } from "@/components/docs/doc-link";
import { Button } from "@/components/ui/button";
import { EmptyState, Panel } from "@/components/ui/page";
import { Time } from "@/components/ui/time/time";
import type { OwnTokens as Own, TokenRecord } from "@/contract/identity";
import { TokensTable } from "./tokens-table";

const CreateOwnTokenDialog = dynamic(() => import("./create-own-token").then((module) => module.CreateOwnTokenDialog), {
  ssr: false,
});
const RevokeTokenDialog = dynamic(() => import("./revoke-token").then((module) => module.RevokeTokenDialog), {
  ssr: false,
});

/** What programs of the person who is signed in call the API by, for as long as they are. */
export function OwnTokens({ ownTokens: { items, until } }: { ownTokens: Own }) {
  const [isCreating, setIsCreating] = useState(false);
  const [ending, setEnding] = useState<TokenRecord | null>(null);
  const onCreate = () => setIsCreating(true);
  return (
    <Panel
      title="Personal tokens"
      actions={
        <Button size="sm" onClick={onCreate}>
          <Plus aria-hidden className="size-3.5" /> New personal token
        </Button>
      }
    >
      {items.length === 0 ? (
        <EmptyState title="No personal tokens yet" action={<Button onClick={onCreate}>New personal token</Button>}>
          Use one for the command line (<code>agentrun login</code> creates it for you) or for an agent that acts on
          your behalf. It has your permissions and expires when you sign out or your session ends
          {until === null ? "" : " "}
          {until !== null && <Time at={until} />}.
          <span className="mt-1 flex justify-center gap-3">
            <DocLink name="cli">Command line</DocLink>
            <DocLink name="mcp">MCP for agents</DocLink>
          </span>
        </EmptyState>
      ) : (
        <TokensTable label="Personal tokens" tokens={items} namedId={null} onRevoke={setEnding} />
      )}
      {isCreating && <CreateOwnTokenDialog onClose={() => setIsCreating(false)} />}
      {ending !== null && <RevokeTokenDialog isOwn token={ending} onClose={() => setEnding(null)} />}
    </Panel>
  );
}
