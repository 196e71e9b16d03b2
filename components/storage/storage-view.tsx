"use client";
import dynamic from "next/dynamic";
import { useQueryStates } from "nuqs";
import { PageHeader, TableSkeleton } from "@/components/ui/page";
import { TabLinks } from "@/components/ui/tabs";
import { BreakerBanner } from "./breaker-banner";
import { STORAGE_FILTERS, type StorageViewName } from "./filter";
import { VolumesView } from "./volumes-view";

// The page opens with its volumes: what stands behind its other tabs is loaded with them.
const CleanUpView = dynamic(() => import("./clean-up-view").then((module) => module.CleanUpView), {
  loading: () => <TableSkeleton />,
});
const OrphansView = dynamic(() => import("./orphans-view").then((module) => module.OrphansView), {
  loading: () => <TableSkeleton />,
});

const TABS = [
  { key: "volumes", name: "Volumes", href: "/storage" },
  { key: "clean-up", name: "Cleanup", href: "/storage?view=clean-up" },
  { key: "orphans", name: "Orphans", href: "/storage?view=orphans" },
] satisfies { key: StorageViewName; name: string; href: string }[];

/** Where sessions live: their volumes and what each holds, the clean-up, and what belongs to no session. */
export function StorageView({ view }: { view: StorageViewName }) {
  const [filter, setFilter] = useQueryStates(STORAGE_FILTERS, { history: "replace" });
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader title="Storage" description="Session volumes. Evicted ones can be restored from the archive." />
      <TabLinks label="Storage" tabs={TABS} current={view} />
      <BreakerBanner />
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
        {view === "volumes" && <VolumesView filter={filter} onChange={(change) => void setFilter(change)} />}
        {view === "clean-up" && <CleanUpView />}
        {view === "orphans" && <OrphansView />}
      </div>
    </div>
  );
}
