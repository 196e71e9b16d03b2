import { Download } from "lucide-react";
import { useState } from "react";
import { useTRPCClient } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { copyCurl } from "@/components/ui/curl/curl";
import { download } from "@/components/ui/download";
import { toastError } from "@/components/ui/error/error-toast";
import { Menu, MenuItem } from "@/components/ui/menu/menu";
import { type UsageFilter, usageScope } from "./filter";

const GROUPS_MAX = 200;

/** What the table shows, day by day, as a file or as a line for a shell. */
export function ExportUsage({ filter }: { filter: UsageFilter }) {
  const api = useTRPCClient();
  const [isBusy, setIsBusy] = useState(false);
  const input = () =>
    ({ ...usageScope(filter, Date.now()), groupBy: filter.by, byDay: true, limit: GROUPS_MAX }) as const;

  async function exportCsv(): Promise<void> {
    setIsBusy(true);
    try {
      const [{ usageCsv }, summary] = await Promise.all([import("./csv"), api.usage.summary.query(input())]);
      const name = `agentrun-usage-by-${filter.by}-${summary.from}-to-${summary.to}.csv`;
      download(name, usageCsv(summary), "text/csv");
    } catch (error) {
      toastError(error);
    }
    setIsBusy(false);
  }

  return (
    <Menu
      trigger={
        <Button disabled={isBusy}>
          <Download aria-hidden className="size-4" />
          {isBusy ? "Exporting…" : "Export"}
        </Button>
      }
    >
      <MenuItem onSelect={() => void exportCsv()}>Download as CSV</MenuItem>
      <MenuItem
        onSelect={() => {
          const query = Object.entries(input()).map(([name, value]) => [name, String(value)]);
          void copyCurl({ path: `/usage?${new URLSearchParams(query)}` });
        }}
      >
        Copy as curl
      </MenuItem>
    </Menu>
  );
}
