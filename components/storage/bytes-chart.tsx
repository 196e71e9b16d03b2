"use client";
import Link from "next/link";
import { useState } from "react";
import { nameOf } from "@/components/sessions/name";
import { storageAddress } from "@/components/shell/addresses";
import { cn } from "@/components/ui/class-names";
import { formatBytes, formatPlural, shortenId } from "@/components/ui/format";
import { ShowAll } from "@/components/ui/list/show-all";
import { Panel } from "@/components/ui/page";
import type { StorageSummary, StorageTotals } from "@/contract/storage";
import { isOf, type Part, type ProjectBar, projectBars } from "./bytes-bars";
import type { StorageScope } from "./filter";

const PROJECTS_SHOWN = 6;
const SESSIONS_SHOWN = 5;

type PictureProps = {
  projects: StorageTotals["projects"];
  /** The largest volumes of all, by size. */
  largest: readonly StorageSummary[];
  /** The largest volumes of the chosen project; until they are loaded, those of all. */
  chosenLargest: readonly StorageSummary[];
  scope: StorageScope;
  onChange: (scope: StorageScope) => void;
};

/**
 * Where the bytes are: a bar for each project, in parts for its sessions. Lengths and words alone carry it, so that it is
 * the same to whoever cannot tell colours apart, and to whoever hears it.
 */
export function BytesChart({ projects, largest, chosenLargest, scope, onChange }: PictureProps) {
  const [isWhole, setIsWhole] = useState(false);
  const { bars, hasTenants } = projectBars(projects, largest);
  const isChosen = (bar: ProjectBar) =>
    scope.project === bar.projectId && (scope.tenant === null || scope.tenant === bar.tenantId);
  const shown = bars.filter((bar, index) => isWhole || index < PROJECTS_SHOWN || isChosen(bar));
  return (
    <Panel
      title="Size by project"
      actions={<ShowAll count={bars.length} shown={PROJECTS_SHOWN} isWhole={isWhole} onChange={setIsWhole} />}
    >
      <ul className="flex flex-col p-2">
        {shown.map((bar) => (
          <li key={bar.key}>
            <ProjectRow
              bar={bar}
              isChosen={isChosen(bar)}
              isDimmed={scope.project !== null && !isChosen(bar)}
              onPress={() =>
                onChange(
                  isChosen(bar)
                    ? { tenant: null, project: null }
                    : { tenant: hasTenants ? bar.tenantId : null, project: bar.projectId },
                )
              }
            />
            {isChosen(bar) && (
              <Sessions sessions={chosenLargest.filter(isOf(bar)).slice(0, SESSIONS_SHOWN)} bar={bar} />
            )}
          </li>
        ))}
        {bars.length > 0 && (
          <li className="px-2 pt-1 text-2xs text-ink-3">
            Each segment is a session
            {shown.some((bar) => bar.parts.some((part) => part.isRest)) && (
              <>
                ; <span aria-hidden className="inline-block h-2 w-4 rounded-xs bg-hatched" /> hatched are all the
                smaller sessions
              </>
            )}
            .
          </li>
        )}
        {bars.length === 0 && (
          <li className="px-2 py-6 text-center text-sm text-ink-3">There is no measured volume.</li>
        )}
      </ul>
    </Panel>
  );
}

type RowProps = { bar: ProjectBar; isChosen: boolean; isDimmed: boolean; onPress: () => void };

function ProjectRow({ bar, isChosen, isDimmed, onPress }: RowProps) {
  const percent = Math.round(bar.share * 100);
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      title={isChosen ? "Show all projects" : "Show only this project"}
      onClick={onPress}
      className={cn(
        "grid w-full grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1 rounded-md px-2 py-1.5 text-left hover:bg-hover sm:grid-cols-[minmax(6rem,9rem)_minmax(0,1fr)_11.5rem]",
        isChosen && "bg-accent-soft",
      )}
    >
      <span className={cn("truncate text-sm", isChosen ? "font-semibold" : "font-medium")}>{bar.name}</span>
      <Bar bar={bar} isDimmed={isDimmed} />
      <span className="flex justify-end gap-2 text-xs whitespace-nowrap tabular-nums">
        <span className="font-medium">{formatBytes(bar.bytes)}</span>
        <span className="w-10 text-right text-ink-3">{percent === 0 && bar.bytes > 0 ? "<1" : percent}%</span>
        <span className="text-ink-3 max-sm:sr-only sm:w-19 sm:text-right">{formatPlural(bar.volumes, "volume")}</span>
      </span>
    </button>
  );
}

function Bar({ bar, isDimmed }: { bar: ProjectBar; isDimmed: boolean }) {
  return (
    <span aria-hidden className="order-last col-span-2 h-4 rounded bg-sunken sm:order-none sm:col-span-1">
      <span
        className={cn("flex h-full gap-px overflow-hidden rounded transition-opacity", isDimmed && "opacity-45")}
        style={{ width: `max(3px, ${bar.length * 100}%)` }}
      >
        {bar.parts.map((part, index) => (
          <BarPart key={part.key} part={part} index={index} />
        ))}
      </span>
    </span>
  );
}

function BarPart({ part, index }: { part: Part; index: number }) {
  return (
    <span
      title={`${part.name}: ${formatBytes(part.bytes)}`}
      className={cn("min-w-px", part.isRest ? "bg-hatched" : index % 2 === 0 ? "bg-accent-fill" : "bg-accent-fill/75")}
      style={{ flexGrow: part.share, flexBasis: 0 }}
    />
  );
}

function Sessions({ sessions, bar }: { sessions: readonly StorageSummary[]; bar: ProjectBar }) {
  const measured = sessions.filter((session) => (session.sizeBytes ?? 0) > 0);
  const largest = Math.max(1, ...measured.map((session) => session.sizeBytes ?? 0));
  if (measured.length === 0) return null;
  return (
    <ul aria-label={`Largest volumes of ${bar.name}`} className="my-1 ml-3 border-l pl-3">
      {measured.map((session) => (
        <li
          key={session.sessionId}
          className="grid grid-cols-[minmax(0,1fr)_4.5rem] items-center gap-3 py-0.5 text-xs sm:grid-cols-[minmax(0,1fr)_5rem_4.5rem]"
        >
          <Link
            href={storageAddress(session.sessionId)}
            title={session.sessionId}
            className="truncate leading-6 hover:underline"
          >
            {nameOf(session)} <span className="font-mono text-ink-3">{shortenId(session.sessionId)}</span>
          </Link>
          <span aria-hidden className="h-1.5 rounded-full bg-sunken max-sm:hidden">
            <span
              className="block h-full rounded-full bg-accent-fill"
              style={{ width: `${((session.sizeBytes ?? 0) / largest) * 100}%` }}
            />
          </span>
          <span className="text-right whitespace-nowrap tabular-nums">{formatBytes(session.sizeBytes ?? 0)}</span>
        </li>
      ))}
    </ul>
  );
}
