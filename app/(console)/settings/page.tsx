import type { Metadata } from "next";
import { cookies } from "next/headers";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { SettingsView } from "@/components/settings/settings-view";
import { readTheme, THEME_COOKIE } from "@/components/shell/theme-names";
import { tokenPages } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Settings" };

export default async function SettingsPage() {
  const { role } = await requireIdentity();
  const theme = readTheme((await cookies()).get(THEME_COOKIE)?.value);
  await Promise.all([
    prefetch(trpc.health.facts.queryOptions()),
    prefetch(trpc.identity.ownTokens.queryOptions()),
    ...(role === "admin" ? [prefetchPages(tokenPages(trpc))] : []),
  ]);
  return (
    <HydrateClient>
      <SettingsView theme={theme} />
    </HydrateClient>
  );
}
