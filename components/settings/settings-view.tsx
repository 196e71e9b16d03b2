"use client";
import type { Theme } from "@/components/shell/theme-names";
import { PageHeader } from "@/components/ui/page";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { AnotherDevice } from "./another-device";
import { Appearance } from "./appearance";
import { Server } from "./server";
import { Tokens } from "./tokens";
import { WebhooksLink } from "./webhooks-link";

/** How the console looks, who may come in, and what this server keeps to. */
export function SettingsView({ theme }: { theme: Theme }) {
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader title="Settings" description="Appearance, access tokens and server configuration" />
      <ScrollRegion label="Settings" className="min-h-0 flex-1">
        <div className="grid gap-4 p-4 lg:grid-cols-[minmax(0,1fr)_20rem] lg:p-6">
          <Tokens />
          <div className="flex min-w-0 flex-col gap-4">
            <Appearance theme={theme} />
            <AnotherDevice />
            <WebhooksLink />
            <Server />
          </div>
        </div>
      </ScrollRegion>
    </div>
  );
}
