import type { ReactNode } from "react";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Panel } from "@/components/ui/page";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { BarLabels, GridLines, type Scale, ScaleTicks, TimeTicks } from "./chart-axes";
import { P50_SWATCH, P95_SWATCH } from "./chart-canvas";
import { ChartPointer, type Figures } from "./chart-pointer";
import { stepShares, type TimeAxis } from "./crosshair";
import { Swatch } from "./swatch";

/** The figures behind the picture: told point by point under the pointer, and folded away as a table. */
type ChartProps = Figures & {
  title: string;
  /** What the picture shows, in words: for whoever does not see it. */
  summary: string;
  /** What its height stands for; null of a picture of several parts, whose first `top` names. */
  scale: Scale | null;
  top?: string;
  /** What its ends are. */
  from: string;
  to: string;
  /** What each of its bars stands for, in the place of its ends. */
  labels?: readonly string[];
  legend: ReactNode;
  plot: ReactNode;
  /** Of a picture over time: charts of the same time point at it together. */
  axis?: TimeAxis;
  /** Where its points are, as shares of its width; else they are steps side by side. */
  shares?: readonly number[];
  /** The table's order, where it is not the picture's. */
  isNewestFirst?: boolean;
};

/** A picture in a box of its own. */
export function Chart(props: ChartProps) {
  return (
    <Panel title={revealHidden(props.title)} className="flex flex-col">
      <div className="flex flex-1 flex-col gap-2 p-3">
        <ChartParts {...props} />
      </div>
    </Panel>
  );
}

/** A picture with its words, its legend and its figures. */
export function ChartParts({ title, summary, scale, top, from, to, labels, legend, plot, ...data }: ChartProps) {
  const { columns, rows, unit, swatches, axis = null, shares, isNewestFirst = false } = data;
  return (
    <>
      <div className={cn("grid grid-cols-[minmax(0,1fr)] gap-x-1.5 pt-2", scale && "grid-cols-[auto_minmax(0,1fr)]")}>
        {top !== undefined && (
          <span aria-hidden className="-mt-2 text-2xs text-ink-3 tabular-nums">
            {top}
          </span>
        )}
        {scale !== null && <ScaleTicks scale={scale} />}
        <div className="relative">
          {scale !== null && <GridLines hasMiddle={scale.top !== 1} />}
          <div role="img" aria-label={summary} className="relative">
            {plot}
          </div>
          {rows.length > 0 && (
            <ChartPointer
              title={title}
              points={{ axis, shares: shares ?? stepShares(rows.length) }}
              figures={{ columns, rows, unit, swatches }}
            />
          )}
        </div>
        <div className={cn(scale !== null && "col-start-2")}>
          {labels === undefined ? <TimeTicks {...{ axis, from, to }} /> : <BarLabels labels={labels} />}
        </div>
      </div>
      <div className="flex flex-wrap gap-x-3 gap-y-0.5 text-2xs text-ink-2">{legend}</div>
      <FoldedFigures title={title} columns={columns} rows={isNewestFirst ? rows.toReversed() : rows} />
    </>
  );
}

type FiguresProps = Pick<ChartProps, "title" | "columns" | "rows">;

/** All figures of a picture as a table, folded away. */
export function FoldedFigures(props: FiguresProps) {
  return (
    <details className="mt-auto text-xs">
      <summary className="w-fit rounded text-2xs text-ink-3 hover:text-ink">Figures</summary>
      <FigureTable {...props} />
    </details>
  );
}

function FigureTable({ title, columns, rows }: FiguresProps) {
  return (
    <ScrollRegion label={`${title}, figures`} className="mt-1 max-h-48">
      <table className="w-full text-2xs tabular-nums">
        <thead>
          <tr className="text-left text-ink-3">
            {columns.map((column) => (
              <th key={column} scope="col" className="pr-3 font-medium whitespace-nowrap">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, ...figures]) => (
            <tr key={name}>
              <th scope="row" className="pr-3 text-left font-normal whitespace-nowrap text-ink-2">
                {name}
              </th>
              {figures.map((value, index) => (
                <td key={columns[index + 1]} className="pr-3">
                  {value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

/** A swatch and what it stands for. */
export function Key({ swatch, name, value }: { swatch: string; name: string; value?: string }) {
  return (
    <span className="inline-flex max-w-full items-center gap-1.5">
      <Swatch style={swatch} />
      <span className="truncate">{name}</span>
      {value !== undefined && <span className="text-ink-3 tabular-nums">{value}</span>}
    </span>
  );
}

/** What the lines of `Quantiles` are, and where they have come to. */
export function QuantileKeys({ p50, p95 }: { p50: string; p95: string }) {
  return (
    <>
      <Key swatch={P50_SWATCH} name="Median" value={p50} />
      <Key swatch={P95_SWATCH} name="95th percentile" value={p95} />
    </>
  );
}
