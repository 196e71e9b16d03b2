"use client";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useQueryStates } from "nuqs";
import { DocLink } from "@/components/docs/doc-link";
import { useTRPC } from "@/components/trpc/client";
import { Chip } from "@/components/ui/chip";
import { Choices } from "@/components/ui/form/choices";
import { Input } from "@/components/ui/form/field";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { ExportUsage } from "./export-usage";
import { daysAsked, PERIODS, USAGE_FILTERS, type UsageFilter } from "./filter";
import { usageByDay } from "./queries";
import { UsageTiles } from "./usage-tiles";

// There is nothing to draw before the first call.
const UsageChart = dynamic(() => import("./usage-chart").then((module) => module.UsageChart), { ssr: false });
const UsageTable = dynamic(() => import("./usage-table").then((module) => module.UsageTable), { ssr: false });

const CUSTOM = "custom";
const PERIOD_NAMES = { today: "Today", "7d": "7 days", "30d": "30 days", [CUSTOM]: "Custom" } as const;
const NARROWED = ["project", "profile", "model"] as const;
const GROUP_NAMES = { project: "Project", profile: "Profile", model: "Model" } as const;

export type UsageChange = (change: Partial<UsageFilter>) => void;

/** What models cost: totals, day by day, and by project, profile, model, session or task. */
export function UsageView() {
  const trpc = useTRPC();
  const [filter, setFilter] = useQueryStates(USAGE_FILTERS, { history: "replace" });
  const byDay = useQuery(usageByDay(trpc, filter));
  const onChange: UsageChange = (change) => void setFilter(change);
  const narrowed = NARROWED.filter((name) => filter[name] !== null);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Usage"
        description="Tokens and cost of model calls. Days are in UTC."
        actions={
          <>
            <Period filter={filter} onChange={onChange} />
            <ExportUsage filter={filter} />
          </>
        }
      >
        {narrowed.length > 0 && (
          <div className="flex flex-wrap gap-1.5">
            {narrowed.map((name) => (
              <Chip
                key={name}
                name={GROUP_NAMES[name]}
                value={filter[name] ?? ""}
                onRemove={() => onChange({ [name]: null })}
              />
            ))}
          </div>
        )}
      </PageHeader>
      <ScrollRegion label="Usage" className="flex min-h-0 flex-1 flex-col gap-4 p-4 lg:p-6">
        <QueryView query={byDay}>
          {(summary) =>
            summary.total.calls === 0 ? (
              <EmptyState title="No usage in this period">
                <p>
                  Every call that an agent makes to a model is counted here, with its tokens and cost.{" "}
                  <DocLink name="usage">How usage is counted</DocLink>
                </p>
              </EmptyState>
            ) : (
              <>
                <UsageTiles usage={summary.total} />
                <UsageChart summary={summary} show={filter.show} onChange={onChange} />
                <UsageTable filter={filter} onChange={onChange} />
              </>
            )
          }
        </QueryView>
      </ScrollRegion>
    </div>
  );
}

/** Which days: a period that ends today, or any two of them. */
function Period({ filter, onChange }: { filter: UsageFilter; onChange: UsageChange }) {
  const isCustom = filter.from !== null || filter.to !== null;
  const days = daysAsked(filter, Date.now());
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Choices
        label="Period"
        values={[...PERIODS, CUSTOM]}
        names={PERIOD_NAMES}
        value={isCustom ? CUSTOM : filter.period}
        onChange={(next) => onChange(next === CUSTOM ? days : { period: next, from: null, to: null })}
      />
      {isCustom && (
        <span className="flex items-center gap-1.5">
          <Day label="From" value={days.from} onChange={(from) => onChange({ from, to: days.to })} />
          <span aria-hidden className="text-xs text-ink-3">
            –
          </span>
          <Day label="To" value={days.to} onChange={(to) => onChange({ from: days.from, to })} />
        </span>
      )}
    </div>
  );
}

function Day({ label, value, onChange }: { label: string; value: string; onChange: (day: string) => void }) {
  return (
    <Input
      type="date"
      aria-label={label}
      className="w-auto"
      value={value}
      onChange={(event) => {
        if (event.target.value !== "") onChange(event.target.value);
      }}
    />
  );
}
