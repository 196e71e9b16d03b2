import type { ReactNode } from "react";
import { LiveProvider } from "@/components/live/provider";
import { IdentityProvider } from "@/components/shell/identity";
import { Shell } from "@/components/shell/shell";
import { markPage } from "@/server/trpc/rsc";
import { requireIdentity } from "./identity";

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const identity = await requireIdentity();
  const since = await markPage();
  return (
    <IdentityProvider identity={identity}>
      <LiveProvider since={since}>
        <Shell>{children}</Shell>
      </LiveProvider>
    </IdentityProvider>
  );
}
