"use client";
import { type QueryKey, useQuery, useQueryClient } from "@tanstack/react-query";
import { OctagonPause, RotateCw, Undo2 } from "lucide-react";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { useEffect, useRef } from "react";
import { BULK_ADDRESS } from "@/components/shell/addresses";
import { operatorName } from "@/components/shell/operator-name";
import { usePageKeys } from "@/components/shell/page-keys";
import { useTRPC } from "@/components/trpc/client";
import { isNotFound } from "@/components/trpc/errors";
import { bulkAction } from "@/components/trpc/lists";
import { BackTo } from "@/components/ui/back-to";
import { Button } from "@/components/ui/button";
import { Tile } from "@/components/ui/chart/tile";
import { copyCurl } from "@/components/ui/curl/curl";
import { CurlMenu } from "@/components/ui/curl/curl-menu";
import { formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { MenuItem } from "@/components/ui/menu/menu";
import { PageHeader, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { RecordBody } from "@/components/ui/record-body";
import { Time } from "@/components/ui/time/time";
import type { BulkAction, BulkOutcomes } from "@/contract/bulk";
import { BULK_RESULT_SORTS, type BulkResultSort } from "@/contract/words";
import { BulkFacts } from "./bulk-facts";
import { BulkGone } from "./bulk-gone";
import { BulkReasons } from "./bulk-reasons";
import { BulkTargets } from "./bulk-targets";
import { BulkState, ProgressBar, progressOf } from "./progress";
import { useBulkActions } from "./use-bulk-actions";
import { RECORD_NOUNS } from "./verbs";

/** An action on many: who asked for what, how far it is, and what became of each. */
export function BulkView({ bulkId }: { bulkId: string }) {
  const bulk = useQuery(bulkAction(useTRPC(), bulkId));
  if (bulk.data === undefined && isNotFound(bulk.error)) return <BulkGone bulkId={bulkId} />;
  return (
    <QueryView query={bulk} heading="Bulk action">
      {(data) => <LoadedBulk bulk={data} />}
    </QueryView>
  );
}

function LoadedBulk({ bulk }: { bulk: BulkAction }) {
  const trpc = useTRPC();
  const outcomes = useQuery(trpc.bulk.outcomes.queryOptions({ bulkId: bulk.id })).data;
  const [resultSort, setResultSort] = useQueryState("of", parseAsStringLiteral([...BULK_RESULT_SORTS, "all"] as const));
  const { isRunning, title } = progressOf(bulk);
  // Once all is done those that were refused are what is looked for.
  const of = resultSort ?? (!isRunning && bulk.refused > 0 ? "refused" : "all");
  useReadAnew(bulk);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title={
          <span className="flex min-w-0 items-center gap-1.5">
            <BackTo href={BULK_ADDRESS} name="All bulk actions" />
            <span role="status">{revealHidden(title)}</span>
          </span>
        }
        description={
          <span className="flex flex-wrap items-center gap-x-2">
            <BulkState isBare bulk={bulk} />
            <span>
              started by {operatorName(bulk.createdBy)} <Time at={bulk.createdAt} />
            </span>
            {bulk.reason !== null && <span className="text-ink-3">{revealHidden(bulk.reason)}</span>}
          </span>
        }
        actions={<Actions bulk={bulk} outcomes={outcomes} />}
      />
      <RecordBody facts={<BulkFacts bulk={bulk} outcomes={outcomes} />}>
        <HowFar bulk={bulk} of={of} onOf={(next) => void setResultSort(next === of ? "all" : next)} />
        {outcomes !== undefined && outcomes.reasons.length > 0 && <BulkReasons outcomes={outcomes} />}
        <BulkTargets bulk={bulk} of={of} />
      </RecordBody>
    </div>
  );
}

/** What became of each, and why, is read again as more are dealt with: why some were left, only when more were. */
function useReadAnew(bulk: BulkAction): void {
  const trpc = useTRPC();
  const { state, unchanged, refused } = bulk;
  useStale(trpc.bulk.results.pathKey(), `${state} ${progressOf(bulk).processedCount}`);
  useStale(trpc.bulk.outcomes.pathKey(), `${state} ${unchanged} ${refused}`);
}

/** Has queries read again when what they were read by is another. */
function useStale(queryKey: QueryKey, by: string): void {
  const client = useQueryClient();
  const previous = useRef(by);
  useEffect(() => {
    if (previous.current === by) return;
    previous.current = by;
    void client.invalidateQueries({ queryKey });
  }, [by, client, queryKey]);
}

function Actions({ bulk, outcomes }: { bulk: BulkAction; outcomes: BulkOutcomes | undefined }) {
  const { abort, retry, undo } = useBulkActions(bulk, outcomes);
  const path = `/bulk/${encodeURIComponent(bulk.id)}`;
  const post = (act: string) => void copyCurl({ method: "POST", path: `${path}/${act}`, body: {} });
  usePageKeys([
    { keys: "c", name: "Stop", run: () => abort?.run() },
    { keys: "r", name: "Retry rejected", run: () => retry?.run() },
  ]);
  return (
    <>
      {abort !== null && (
        <Button disabled={abort.isPending} onClick={abort.run}>
          <OctagonPause aria-hidden className="size-4" /> Stop
        </Button>
      )}
      {retry !== null && (
        <Button disabled={retry.isPending} onClick={retry.run}>
          <RotateCw aria-hidden className="size-4" /> Retry rejected
        </Button>
      )}
      {undo !== null && (
        <Button disabled={undo.isPending} onClick={undo.run}>
          <Undo2 aria-hidden className="size-4" /> Undo
        </Button>
      )}
      <CurlMenu>
        <MenuItem onSelect={() => void copyCurl({ path })}>Copy action as curl</MenuItem>
        <MenuItem onSelect={() => void copyCurl({ path: `${path}/results?outcome=refused` })}>
          Copy rejected as curl
        </MenuItem>
        {abort !== null && <MenuItem onSelect={() => post("abort")}>Copy stop as curl</MenuItem>}
        {retry !== null && <MenuItem onSelect={() => post("retry")}>Copy retry as curl</MenuItem>}
        {undo !== null && <MenuItem onSelect={() => post("undo")}>Copy undo as curl</MenuItem>}
      </CurlMenu>
    </>
  );
}

type HowFarProps = { bulk: BulkAction; of: BulkResultSort | "all"; onOf: (of: BulkResultSort) => void };

/** How many there are of each outcome; a press lists those alone. */
function HowFar({ bulk, of, onOf }: HowFarProps) {
  const { processedCount, isRunning } = progressOf(bulk);
  const left = bulk.total - processedCount;
  const tile = (name: string, key: BulkResultSort, count: number, more: { note: string; tone?: string }) => (
    <Tile
      key={key}
      name={name}
      value={count.toLocaleString("en")}
      isOn={of === key}
      onPress={() => onOf(key)}
      {...more}
    />
  );
  return (
    <Panel
      title={`${processedCount.toLocaleString("en")} of ${formatPlural(bulk.total, RECORD_NOUNS[bulk.kind])} processed`}
    >
      {isRunning && <ProgressBar bulk={bulk} className="block w-full rounded-none" />}
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-b-lg bg-line sm:grid-cols-4">
        {tile("Done", "done", bulk.done, { note: "changed as requested" })}
        {tile("Unchanged", "unchanged", bulk.unchanged, { note: "already as requested" })}
        {tile("Rejected", "refused", bulk.refused, {
          note: "see the reasons",
          ...(bulk.refused > 0 ? { tone: "text-warn" } : {}),
        })}
        {tile("Not processed", "waiting", left, {
          note: isRunning ? "up next" : "not changed",
        })}
      </dl>
    </Panel>
  );
}
