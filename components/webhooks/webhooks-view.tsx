"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { webhookPages, webhooksPollMs } from "@/components/trpc/lists";
import { BackTo } from "@/components/ui/back-to";
import { Button } from "@/components/ui/button";
import { CallHint } from "@/components/ui/curl/call-hint";
import { ListFoot } from "@/components/ui/list/list-states";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { AdminsOnly } from "./page-parts";
import { WebhooksTable } from "./webhooks-table";

const CreateWebhookDialog = dynamic(() => import("./create-webhook").then((module) => module.CreateWebhookDialog), {
  ssr: false,
});

const EXAMPLE = { name: "chat", url: "https://chat.example/hook", events: ["run.failed", "approval.requested"] };

/** Addresses that are told of what happens: an administrator's to see and to make. */
export function WebhooksView() {
  const isAdmin = useIdentity().role === "admin";
  const [isCreating, setIsCreating] = useState(false);
  const onCreate = () => setIsCreating(true);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title={
          <span className="flex min-w-0 items-center gap-1.5">
            <BackTo href="/settings" name="Settings" />
            Webhooks
          </span>
        }
        description="URLs notified of events, such as a turn that ended or an approval that is needed. Messages are signed and delivered at least once."
        actions={
          isAdmin ? (
            <Button variant="primary" onClick={onCreate}>
              <Plus aria-hidden className="size-4" /> New webhook
            </Button>
          ) : undefined
        }
      />
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto bg-panel">
        {isAdmin ? <AllWebhooks onCreate={onCreate} /> : <AdminsOnly />}
      </div>
      {isCreating && <CreateWebhookDialog onClose={() => setIsCreating(false)} />}
    </div>
  );
}

function AllWebhooks({ onCreate }: { onCreate: () => void }) {
  const query = useInfiniteQuery({
    ...webhookPages(useTRPC()),
    refetchInterval: ({ state }) => webhooksPollMs(state.data?.pages.flatMap(({ items }) => items) ?? []),
  });
  const webhooks = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <QueryView query={query}>
      {() =>
        webhooks.length === 0 ? (
          <EmptyState title="No webhooks yet" action={<Button onClick={onCreate}>New webhook</Button>}>
            A webhook sends events to a URL of yours as they happen, so that programs need not poll.
            <CallHint label="Create one from a program:" call={{ method: "POST", path: "/webhooks", body: EXAMPLE }} />
          </EmptyState>
        ) : (
          <>
            <WebhooksTable webhooks={webhooks} />
            <ListFoot count={webhooks.length} noun="webhook" query={query} />
          </>
        )
      }
    </QueryView>
  );
}
