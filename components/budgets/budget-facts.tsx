import Link from "next/link";
import { auditAddress, backendAddress } from "@/components/shell/addresses";
import { operatorName } from "@/components/shell/operator-name";
import { Id } from "@/components/ui/copy";
import { sentence } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { Facts, Panel } from "@/components/ui/page";
import { Time } from "@/components/ui/time";
import type { Budget } from "@/contract/budget";
import { BUDGET_TOKENS } from "@/contract/words";
import { ACTION_WORDS, amountWords, PERIOD_WORDS, tenantWords } from "./words";

/** What a budget bounds and does, and whose it is. */
export function BudgetFacts({ budget }: { budget: Budget }) {
  const { tenantId, projectId, backendProfile, period, unit, limit, warnPercent, action } = budget;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Panel title="What it bounds">
        <Facts
          className="p-4"
          items={[
            ["Calls of", sentence(tenantWords(tenantId))],
            ["Project", projectId ?? "every project"],
            [
              "Profile",
              backendProfile === null ? (
                "every profile"
              ) : (
                <Link key="profile" href={backendAddress(backendProfile)} className="text-accent hover:underline">
                  {showTricks(backendProfile)}
                </Link>
              ),
            ],
            ["Counted in", unit === BUDGET_TOKENS ? "tokens, in and out" : unit],
            ["Limit", amountWords(unit, limit)],
            ["Begins anew", period === "session" ? "with each session" : PERIOD_WORDS[period]],
            [
              "People are told",
              warnPercent === null
                ? "at the limit"
                : `at ${warnPercent} % (${amountWords(unit, (limit * warnPercent) / 100)})`,
            ],
            ["At the limit", `${ACTION_WORDS[action].name}: ${ACTION_WORDS[action].hint}`],
          ]}
        />
      </Panel>
      <Panel title="Record">
        <Facts
          className="p-4"
          items={[
            ["Made by", operatorName(budget.createdBy)],
            ["Made", <Time key="made" at={budget.createdAt} />],
            ["Changed", <Time key="changed" at={budget.updatedAt} />],
            ["Id", <Id key="id" id={budget.id} />],
            [
              "Done to it",
              <Link key="audit" href={auditAddress(budget.id)} className="text-accent underline">
                in the audit log
              </Link>,
            ],
          ]}
        />
      </Panel>
    </div>
  );
}
