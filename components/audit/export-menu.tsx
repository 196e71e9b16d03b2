"use client";
import { Download } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { useTRPCClient } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { copyCurl } from "@/components/ui/curl/curl";
import { download } from "@/components/ui/download";
import { toastError } from "@/components/ui/error/error-toast";
import { formatPlural } from "@/components/ui/format";
import { Menu, MenuItem } from "@/components/ui/menu/menu";
import { type AuditFilter, auditInput } from "./filter";

const PAGE = 200;

/** What the filter shows as a file, or as a line for a shell. */
export function ExportMenu({ filter }: { filter: AuditFilter }) {
  const api = useTRPCClient();
  const [rows, setRows] = useState<number | null>(null);
  const input = auditInput(filter);

  async function exportAll(): Promise<void> {
    setRows(0);
    try {
      const { EXPORTED_MAX, exportRows } = await import("./export");
      const { lines, isPartial } = await exportRows(
        (cursor) => api.audit.list.query({ ...input, limit: PAGE, ...(cursor === null ? {} : { cursor }) }),
        setRows,
      );
      download("agentrun-audit.ndjson", lines.map((line) => `${line}\n`).join(""), "application/x-ndjson");
      const rowCount = formatPlural(lines.length, "row");
      if (isPartial)
        toast.warning(
          `The newest ${rowCount}: an export ends at ${EXPORTED_MAX.toLocaleString("en")}. Narrow it, or page by REST.`,
        );
      else toast.success(`Exported ${rowCount}`);
    } catch (error) {
      toastError(error);
    }
    setRows(null);
  }

  const query = new URLSearchParams({
    ...Object.fromEntries(Object.entries(input).map(([name, value]) => [name, String(value)])),
    limit: String(PAGE),
  });
  return (
    <Menu
      trigger={
        <Button disabled={rows !== null}>
          <Download aria-hidden className="size-4" />
          {rows === null ? "Export" : `Exporting ${rows.toLocaleString("en")}…`}
        </Button>
      }
    >
      <MenuItem onSelect={() => void exportAll()}>Download as NDJSON</MenuItem>
      <MenuItem onSelect={() => void copyCurl({ path: `/audit?${query}` })}>Copy as curl</MenuItem>
    </Menu>
  );
}
