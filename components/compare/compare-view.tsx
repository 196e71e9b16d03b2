"use client";
import { useQuery } from "@tanstack/react-query";
import { ArrowLeftRight, Search } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { useMemo, useState } from "react";
import { Profile } from "@/components/sessions/demo-label";
import { nameOf } from "@/components/sessions/name";
import { sessionAddress } from "@/components/shell/addresses";
import { useReader } from "@/components/shell/identity";
import { usePageKeys } from "@/components/shell/page-keys";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { Id } from "@/components/ui/copy";
import { DialogLoading } from "@/components/ui/dialog/dialog-loading";
import { PageHeader, Panel, TableSkeleton } from "@/components/ui/page";
import { ErrorCard } from "@/components/ui/query-view";
import { Clocked } from "@/components/ui/time/clocked";
import type { SessionSummary } from "@/contract/session";
import { CommonTimeline } from "./common-timeline";
import { factsOf } from "./facts";
import { FactsTable } from "./facts-table";
import { FilePairs } from "./file-pairs";
import { Notes } from "./notes";
import { type Both, pairFiles, pairTurns, SIDES, type SideName } from "./pairs";
import { ORIGINS } from "./scale";
import { SIDE_NAMES, SideMark } from "./side-name";
import { TurnPairs } from "./turn-pairs";
import { useSide } from "./use-side";

const SessionPicker = dynamic(() => import("./session-picker").then((module) => module.SessionPicker), {
  ssr: false,
  loading: DialogLoading,
});

const ADDRESS = {
  left: parseAsString,
  right: parseAsString,
  from: parseAsStringLiteral(ORIGINS).withDefault("own"),
};

/** Two sessions side by side: what each did and took. Which two stands in the address. */
export function CompareView() {
  const [{ left, right }, setAddress] = useQueryStates(ADDRESS, { history: "push", shallow: false });
  const [picked, setPicked] = useState<SideName | null>(null);
  const swap = () => void setAddress({ left: right, right: left });
  usePageKeys([
    { keys: "1", name: "Choose the left session", run: () => setPicked("left") },
    { keys: "2", name: "Choose the right session", run: () => setPicked("right") },
    { keys: "w", name: "Swap left and right", run: swap },
  ]);
  const sessions = { left: useCompared(left), right: useCompared(right) };
  const isSame = left !== null && left === right;
  const loaded = { left: sessions.left.data, right: sessions.right.data };
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Compare sessions"
        description="Compare two sessions: what each agent did, how long it took and what it cost"
        actions={
          <Button disabled={left === null && right === null} onClick={swap}>
            <ArrowLeftRight aria-hidden className="size-4" /> Swap
          </Button>
        }
      />
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
        <div className="grid gap-3 p-4 sm:grid-cols-2 lg:px-6">
          {SIDES.map((side) => (
            <SideHead
              key={side}
              side={side}
              id={side === "left" ? left : right}
              query={sessions[side]}
              onPick={() => setPicked(side)}
            />
          ))}
        </div>
        {isSame && (
          <p role="alert" className="mx-4 rounded-md bg-warn-soft px-3 py-2 text-sm text-warn lg:mx-6">
            Both sides show the same session. Choose a different one.
          </p>
        )}
        {!isSame && loaded.left !== undefined && loaded.right !== undefined && (
          <Comparison
            key={`${loaded.left.sessionId} ${loaded.right.sessionId}`}
            left={loaded.left}
            right={loaded.right}
          />
        )}
      </div>
      {picked !== null && (
        <SessionPicker
          title={`Choose the ${picked} session`}
          otherId={picked === "left" ? right : left}
          onPick={(id) => {
            setPicked(null);
            void setAddress({ [picked]: id });
          }}
          onClose={() => setPicked(null)}
        />
      )}
    </div>
  );
}

function useCompared(sessionId: string | null) {
  const trpc = useTRPC();
  const readerId = useReader();
  return useQuery(
    trpc.sessions.get.queryOptions({ sessionId: sessionId ?? "", readerId }, { enabled: sessionId !== null }),
  );
}

type SideHeadProps = {
  side: SideName;
  id: string | null;
  query: ReturnType<typeof useCompared>;
  onPick: () => void;
};

/** Which session a side shows, and the way to another. */
function SideHead({ side, id, query, onPick }: SideHeadProps) {
  const { data: session, error } = query;
  return (
    <section aria-label={`${SIDE_NAMES[side]} session`} className="min-w-0 rounded-lg border bg-panel p-3">
      <div className="flex items-center gap-2">
        <SideMark side={side} />
        <Button size="sm" className="ml-auto" onClick={onPick}>
          <Search aria-hidden className="size-3.5" /> {id === null ? "Choose session" : "Change"}
        </Button>
      </div>
      {id === null && <p className="mt-1 text-xs text-ink-3">No session chosen</p>}
      {session !== undefined && id !== null && (
        <>
          <p className="mt-1 flex min-w-0 items-center gap-2 text-sm font-semibold">
            <Link href={sessionAddress(session.sessionId)} className="min-w-0 truncate leading-6 hover:underline">
              {nameOf(session)}
            </Link>
            <Profile profile={session.backendProfile} />
          </p>
          <p className="text-xs text-ink-3">
            <Id id={session.sessionId} />
          </p>
        </>
      )}
      {session === undefined && id !== null && error !== null && (
        <ErrorCard error={readError(error)} onRetry={() => void query.refetch()} isRetrying={query.isFetching} />
      )}
    </section>
  );
}

/** As high as the table of what the two are and took. */
const SUMMARY_ROOM = "h-[34rem] overflow-hidden max-sm:h-[90rem]";

/** Both are known: what was read of each, beside the other. */
function Comparison(sessions: Both<SessionSummary>) {
  const [{ from }, setAddress] = useQueryStates(ADDRESS, { history: "replace" });
  const sides = { left: useSide("left", sessions.left), right: useSide("right", sessions.right) };
  const isWorking = SIDES.some((side) => sides[side].read.turns.some((turn) => turn.endedAt === null));
  const turns = { left: sides.left.read.turns, right: sides.right.read.turns };
  const sessionIds = { left: sessions.left.sessionId, right: sessions.right.sessionId };
  const hasTurns = turns.left.length + turns.right.length > 0;
  const isPending = SIDES.some((side) => sides[side].read.isPending);
  const areFilesPending = SIDES.some((side) => sides[side].areFilesPending);
  const isReading = isPending || areFilesPending;
  const { left, right } = sides;
  const files = useMemo(() => pairFiles({ left: left.files, right: right.files }), [left.files, right.files]);
  return (
    <div className="flex flex-col gap-4 px-4 pb-6 lg:px-6">
      {SIDES.map((side) => (
        <Notes key={side} side={sides[side]} />
      ))}
      <Panel title="Summary">
        {isReading ? (
          // Rows that differ come first: none of them moves once it is shown.
          <div className={SUMMARY_ROOM}>
            <TableSkeleton rows={10} />
          </div>
        ) : (
          <Clocked isOn={isWorking}>{(nowMs) => <FactsTable facts={factsOf(sides, nowMs)} />}</Clocked>
        )}
      </Panel>
      {isPending && !hasTurns && <TableSkeleton />}
      {hasTurns && (
        <Panel title="Timeline">
          <Clocked isOn={isWorking}>
            {(nowMs) => (
              <CommonTimeline
                turns={turns}
                nowMs={nowMs}
                origin={from}
                onOrigin={(origin) => void setAddress({ from: origin })}
              />
            )}
          </Clocked>
        </Panel>
      )}
      <Panel title="Changed files">
        <FilePairs files={files} isPending={areFilesPending} sessionIds={sessionIds} />
      </Panel>
      <Panel title="Turn by turn">
        {hasTurns ? (
          <TurnPairs pairs={pairTurns(turns)} sessionIds={sessionIds} />
        ) : (
          <p className="p-4 text-sm text-ink-3">{isPending ? "Loading…" : "No messages in either session yet"}</p>
        )}
      </Panel>
    </div>
  );
}
