"use client";
import { useTurns } from "@/components/turns/use-turns";
import { ceilingOf } from "@/components/ui/ceiling";
import { Chart, Key } from "@/components/ui/chart";
import { useTimeMode } from "@/components/ui/clock";
import { formatBytes, formatPlural } from "@/components/ui/format";
import type { TurnArchive } from "@/contract/turns";
import { useSessionRuns } from "./use-session";

/** What is looked at, however long a session is. */
const RUNS_MAX = 20;
const EVENTS_MAX = 20_000;
const HEIGHT = 60;

/** How a session's volume grew, archive by archive. */
export function StorageGrowth({ sessionId }: { sessionId: string }) {
  const { runs } = useSessionRuns(sessionId);
  const { archives, readCount, eventCount } = useTurns(sessionId, runs.slice(0, RUNS_MAX), EVENTS_MAX);
  const isUtc = useTimeMode() === "utc";
  const [first] = archives;
  const last = archives.at(-1);
  if (first === undefined || last === undefined || archives.length < 2) return null;
  const time = new Intl.DateTimeFormat(undefined, {
    ...({ dateStyle: "medium", timeStyle: "short" } as const),
    ...(isUtc ? { timeZone: "UTC" } : {}),
  });
  const nameOf = (archive: TurnArchive) => time.format(Date.parse(archive.at));
  const part = readCount < eventCount ? `, of its first ${readCount.toLocaleString("en")} events` : "";
  const top = ceilingOf(archives.map(({ sizeBytes }) => sizeBytes));
  return (
    <Chart
      title="Growth"
      summary={`From ${formatBytes(first.sizeBytes)} to ${formatBytes(last.sizeBytes)} in ${formatPlural(archives.length, "archive")}`}
      top={formatBytes(top)}
      from={nameOf(first)}
      to={nameOf(last)}
      legend={
        <Key
          swatch="bg-accent-fill"
          name={`Size at the end of each turn${part}`}
          figure={formatBytes(last.sizeBytes)}
        />
      }
      picture={
        <svg
          aria-hidden="true"
          viewBox={`0 0 ${archives.length} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="h-20 w-full"
        >
          <path
            d={stepsOf(archives, top)}
            className="fill-accent-soft stroke-accent-fill"
            vectorEffect="non-scaling-stroke"
          />
        </svg>
      }
      columns={["Turn's end", "Size", "Files"]}
      rows={archives.map((archive, index) => [
        `${index + 1}. ${nameOf(archive)}`,
        formatBytes(archive.sizeBytes),
        archive.filesCount === null ? "unknown" : archive.filesCount.toLocaleString("en"),
      ])}
    />
  );
}

/** One step for each archive, as high as it is large. */
function stepsOf(archives: readonly TurnArchive[], top: number): string {
  const y = (bytes: number) => (HEIGHT - (bytes / Math.max(1, top)) * (HEIGHT - 1)).toFixed(2);
  const steps = archives.map(({ sizeBytes }, index) => `V${y(sizeBytes)}H${index + 1}`).join("");
  return `M0 ${HEIGHT}${steps}V${HEIGHT}Z`;
}
