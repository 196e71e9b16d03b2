import { revealHidden } from "@/components/ui/hidden-characters";
import { type Fact, Facts, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import type { Usage, UsageOf } from "@/contract/usage";
import { briefWords, callsWords, costWords, inputWords, missingWords, outputWords } from "./words";

type UsageQuery = Parameters<typeof QueryView<UsageOf>>[0]["query"];

/** What calls to models took, in a box of its own. */
export function ModelUsePanel({ query }: { query: UsageQuery }) {
  return (
    <Panel title="Usage">
      <div className="p-4">
        <ModelUse query={query} />
      </div>
    </Panel>
  );
}

/** Calls, tokens and cost; of each model apart where there were several. */
export function ModelUse({ query }: { query: UsageQuery }) {
  return (
    <QueryView query={query} skeleton={<p className="text-xs text-ink-3">Loading…</p>}>
      {({ total, models }) =>
        total.calls === 0 ? (
          <p className="text-xs text-ink-3">No model calls yet</p>
        ) : (
          <>
            <Facts items={[["Model", models.length === 1 && models[0] ? models[0].model : null], ...factsOf(total)]} />
            {missingWords(total) !== null && <p className="mt-2 text-xs text-ink-3">{missingWords(total)}</p>}
            {models.length > 1 && <Models models={models} />}
          </>
        )
      }
    </QueryView>
  );
}

function factsOf(usage: Usage): Fact[] {
  return [
    ["Calls", callsWords(usage)],
    ["Input", <Exact key="input" count={usage.inputTokens} unit={inputWords(usage)} />],
    ["Output", <Exact key="output" count={usage.outputTokens} unit={outputWords(usage)} />],
    [
      "Cost",
      costWords(usage) ?? (
        <span className="text-ink-3">{usage.unpricedCalls > 0 ? "No price configured" : "Unknown"}</span>
      ),
    ],
  ];
}

function Exact({ count, unit }: { count: number; unit: string }) {
  return <span title={`${count.toLocaleString("en")} tokens`}>{unit}</span>;
}

function Models({ models }: { models: UsageOf["models"] }) {
  return (
    <ul aria-label="By model" className="mt-2 flex flex-col gap-1 border-t pt-2 text-xs">
      {models.map(({ backendProfile, model, usage }) => (
        <li key={`${backendProfile}/${model}`} className="flex flex-wrap justify-between gap-x-3">
          <span className="min-w-0 wrap-anywhere">{revealHidden(model)}</span>
          <span className="text-ink-2 tabular-nums">{briefWords(usage)}</span>
        </li>
      ))}
    </ul>
  );
}
