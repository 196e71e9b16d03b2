"use client";
import Link from "next/link";
import { WEBHOOKS_ADDRESS } from "@/components/shell/addresses";
import { useIdentity } from "@/components/shell/identity";
import { buttonStyle } from "@/components/ui/button";
import { Panel } from "@/components/ui/page";

/** The way to an administrator's webhooks, which have a page of their own. */
export function WebhooksLink() {
  const { role } = useIdentity();
  if (role !== "admin") return null;
  return (
    <Panel title="Webhooks">
      <div className="flex flex-wrap items-center justify-between gap-3 p-4 text-xs text-ink-2">
        <p className="min-w-0 flex-1 basis-40">
          Get notified when a turn, run or task ends, or an agent needs approval.
        </p>
        <Link href={WEBHOOKS_ADDRESS} className={buttonStyle({ size: "sm" })}>
          Manage webhooks
        </Link>
      </div>
    </Panel>
  );
}
