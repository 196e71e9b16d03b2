import Link from "next/link";
import { auditAddress, backendAddress } from "@/components/shell/addresses";
import { operatorName } from "@/components/shell/operator-name";
import { Id } from "@/components/ui/copy";
import { sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Facts, Panel } from "@/components/ui/page";
import { Time } from "@/components/ui/time/time";
import type { Budget } from "@/contract/budget";
import { BUDGET_TOKENS } from "@/contract/words";
import { ACTION_WORDS, amountWords, PERIOD_NAMES, tenantWords } from "./words";

/** What a budget bounds and does, and whose it is. */
export function BudgetFacts({ budget }: { budget: Budget }) {
  const { tenantId, projectId, backendProfile, period, unit, limit, warnPercent, action } = budget;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Panel title="Details">
        <Facts
          className="p-4"
          items={[
            ["Tenant", sentence(tenantWords(tenantId))],
            ["Project", projectId ?? "All projects"],
            [
              "Profile",
              backendProfile === null ? (
                "All profiles"
              ) : (
                <Link key="profile" href={backendAddress(backendProfile)} className="text-accent hover:underline">
                  {revealHidden(backendProfile)}
                </Link>
              ),
            ],
            ["Unit", unit === BUDGET_TOKENS ? "Tokens (input and output)" : unit],
            ["Limit", amountWords(unit, limit)],
            ["Resets", period === "session" ? "Never; each session has its own" : PERIOD_NAMES[period]],
            [
              "Warn at",
              warnPercent === null
                ? "The limit only"
                : `${warnPercent}% (${amountWords(unit, (limit * warnPercent) / 100)})`,
            ],
            ["At the limit", ACTION_WORDS[action].hint],
          ]}
        />
      </Panel>
      <Panel title="Activity">
        <Facts
          className="p-4"
          items={[
            ["Created by", operatorName(budget.createdBy)],
            ["Created", <Time key="made" at={budget.createdAt} />],
            ["Updated", <Time key="changed" at={budget.updatedAt} />],
            ["ID", <Id key="id" id={budget.id} />],
            [
              "Activity",
              <Link key="audit" href={auditAddress(budget.id)} className="text-accent underline">
                View audit log
              </Link>,
            ],
          ]}
        />
      </Panel>
    </div>
  );
}
