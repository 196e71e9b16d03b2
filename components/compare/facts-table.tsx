// biome-ignore-all lint/a11y/noRedundantRoles: some browsers drop a table's meaning once its display is changed, as on phones.
import { cn } from "@/components/ui/class-names";
import { ALIKE, type Fact } from "./facts";
import { SIDES } from "./pairs";
import { SideMark } from "./side-name";

const cell = "px-3 py-1.5 align-top wrap-anywhere sm:first:pl-4 max-sm:px-0 max-sm:py-0.5";

const isApart = ({ difference }: Fact) => difference !== null && difference !== ALIKE;

/** Rows that differ before those that do not; each kind in its order. */
function differingFirst(facts: readonly Fact[]): Fact[] {
  return [...facts.filter(isApart), ...facts.filter((fact) => !isApart(fact))];
}

/** What each of the two is and took; where they differ a word says so, and a line at the row's side. */
export function FactsTable({ facts }: { facts: readonly Fact[] }) {
  return (
    <table role="table" aria-label="Summary" className="w-full table-fixed text-xs max-sm:block">
      <thead role="rowgroup" className="max-sm:sr-only">
        <tr role="row" className="border-b border-l-2 border-l-transparent text-left text-ink-3">
          <th role="columnheader" scope="col" className={cn(cell, "w-44 font-medium")}>
            <span className="sr-only">Name</span>
          </th>
          {SIDES.map((side) => (
            <th key={side} role="columnheader" scope="col" className={cn(cell, "font-medium")}>
              <SideMark side={side} />
            </th>
          ))}
          <th role="columnheader" scope="col" className={cn(cell, "w-36 font-medium")}>
            Difference
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup" className="max-sm:block">
        {differingFirst(facts).map((fact) => {
          const isDifferent = isApart(fact);
          return (
            <tr
              key={fact.name}
              role="row"
              className={cn(
                "border-b border-l-2 border-l-transparent last:border-b-0 max-sm:block max-sm:px-4 max-sm:py-2",
                isDifferent && "border-l-accent bg-accent-soft/40",
              )}
            >
              <th role="rowheader" scope="row" className={cn(cell, "text-left font-medium text-ink-2 max-sm:block")}>
                {fact.name}
              </th>
              {SIDES.map((side) => (
                <td
                  key={side}
                  role="cell"
                  className={cn(cell, "tabular-nums max-sm:flex max-sm:items-baseline max-sm:gap-2")}
                >
                  <span className="w-14 shrink-0 sm:hidden">
                    <SideMark side={side} />
                  </span>
                  <span className="min-w-0">{fact[side]}</span>
                </td>
              ))}
              <td
                role="cell"
                className={cn(cell, "max-sm:block", isDifferent ? "font-medium text-accent" : "text-ink-3")}
              >
                {fact.difference ?? <span className="max-sm:hidden">same</span>}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
