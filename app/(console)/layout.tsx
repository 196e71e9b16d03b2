import type { ReactNode } from "react";
import { LiveProvider } from "@/components/live/provider";
import { IdentityProvider } from "@/components/shell/identity";
import { Shell } from "@/components/shell/shell";
import { requireIdentity } from "./identity";

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const identity = await requireIdentity();
  return (
    <IdentityProvider identity={identity}>
      <LiveProvider>
        <Shell>{children}</Shell>
      </LiveProvider>
    </IdentityProvider>
  );
}
