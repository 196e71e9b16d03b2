"use client";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTRPC } from "@/components/trpc/client";
import { Chart, Key } from "@/components/ui/chart/chart";
import { ChartCanvas } from "@/components/ui/chart/chart-canvas";
import { formatBytes, formatPlural } from "@/components/ui/format";
import { useTimeMode } from "@/components/ui/time/clock";
import type { VolumeSize } from "@/contract/storage";
import { growthOf } from "./growth";

const HEIGHT = 60;

type StorageGrowthProps = {
  sessionId: string;
  /** When the volume was measured last. */
  measuredAt: string | null;
};

/** How a session's volume grew, over as long as the session is old. */
export function StorageGrowth({ sessionId, measuredAt }: StorageGrowthProps) {
  const trpc = useTRPC();
  const { data, refetch } = useQuery(trpc.storage.sizes.queryOptions({ sessionId }));
  const { items, measured } = data ?? NO_GROWTH;
  // No frame tells of a size: what was measured since these were read is asked for, once. Sizes are kept by the second.
  const requestedId = useRef<string | null>(null);
  const isBehind = data !== undefined && measuredAt !== null && Date.parse(measuredAt) >= timeOf(items.at(-1)) + 1_000;
  useEffect(() => {
    if (!isBehind || requestedId.current === measuredAt) return;
    requestedId.current = measuredAt;
    void refetch();
  }, [isBehind, measuredAt, refetch]);
  const isUtc = useTimeMode() === "utc";
  const growth = growthOf(items, HEIGHT);
  if (growth === null) return null;
  const time = new Intl.DateTimeFormat(undefined, {
    ...({ dateStyle: "medium", timeStyle: "short" } as const),
    ...(isUtc ? { timeZone: "UTC" } : {}),
  });
  const { axis, shares, top, path } = growth;
  const [first, last] = [items[0]?.sizeBytes ?? 0, items.at(-1)?.sizeBytes ?? 0];
  const sampleNote =
    items.length < measured ? `, ${items.length} of ${measured.toLocaleString("en")} measurements` : "";
  return (
    <Chart
      title="Growth"
      summary={`${formatBytes(first)} to ${formatBytes(last)}, measured ${formatPlural(measured, "time")} since ${time.format(axis.fromMs)}`}
      scale={{ top, format: formatBytes }}
      from={time.format(axis.fromMs)}
      to={time.format(axis.toMs)}
      legend={<Key swatch="bg-accent-fill" name={`Size after each turn${sampleNote}`} value={formatBytes(last)} />}
      plot={
        <ChartCanvas width={100} height={HEIGHT} className="h-20">
          <path d={path} className="fill-accent-soft stroke-accent-fill" vectorEffect="non-scaling-stroke" />
        </ChartCanvas>
      }
      axis={axis}
      shares={shares}
      columns={["Measured", "Size", "Files"]}
      rows={items.map(({ at, sizeBytes, filesCount }, index) => [
        `${index + 1}. ${time.format(Date.parse(at))}`,
        formatBytes(sizeBytes),
        filesCount.toLocaleString("en"),
      ])}
    />
  );
}

const NO_GROWTH = { items: [], measured: 0 };

function timeOf(size: VolumeSize | undefined): number {
  return size === undefined ? Number.NEGATIVE_INFINITY : Date.parse(size.at);
}
