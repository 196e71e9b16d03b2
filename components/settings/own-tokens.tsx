"use client";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { DocLink } from "@/components/docs/doc-link";
import { Button } from "@/components/ui/button";
import { EmptyState, Panel } from "@/components/ui/page";
import { Time } from "@/components/ui/time";
import type { OwnTokens as Own, TokenRecord } from "@/contract/identity";
import { TokensTable } from "./tokens-table";

const CreateOwnTokenDialog = dynamic(() => import("./create-own-token").then((module) => module.CreateOwnTokenDialog), {
  ssr: false,
});
const RevokeTokenDialog = dynamic(() => import("./revoke-token").then((module) => module.RevokeTokenDialog), {
  ssr: false,
});

/** What programs of the person who is signed in call the API by, for as long as they are. */
export function OwnTokens({ own: { items, until } }: { own: Own }) {
  const [isCreating, setIsCreating] = useState(false);
  const [ending, setEnding] = useState<TokenRecord | null>(null);
  const onCreate = () => setIsCreating(true);
  return (
    <Panel
      title="Your own tokens"
      actions={
        <Button size="sm" onClick={onCreate}>
          <Plus aria-hidden className="size-3.5" /> New token of your own
        </Button>
      }
    >
      {items.length === 0 ? (
        <EmptyState title="No tokens of your own" action={<Button onClick={onCreate}>New token of your own</Button>}>
          For your command line, which <code>agentrun login</code> has one made for, or an agent that works for you: it
          may do what you may, under your name, until you sign out or your sign-in ends{until === null ? "" : " "}
          {until !== null && <Time at={until} />}.
          <span className="mt-1 flex justify-center gap-3">
            <DocLink name="cli">The command line</DocLink>
            <DocLink name="mcp">Agents that command AgentRun</DocLink>
          </span>
        </EmptyState>
      ) : (
        <TokensTable label="Your own tokens" tokens={items} namedId={null} onRevoke={setEnding} />
      )}
      {isCreating && <CreateOwnTokenDialog onClose={() => setIsCreating(false)} />}
      {ending !== null && <RevokeTokenDialog isOwn token={ending} onClose={() => setEnding(null)} />}
    </Panel>
  );
}
