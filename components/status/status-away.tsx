import { PageHeader } from "@/components/ui/page";
import type { Health } from "@/contract/health";
import { HealthParts } from "./health-parts";
import { Part } from "./part";

/** The status page while the server cannot say who looks at it: what is known of the parts without the database. */
export function StatusAway({ health }: { health: Health | null }) {
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Status"
        description="Health of the parts, as far as it is known now. It is asked for by itself."
      />
      <dl className="divide-y border-b bg-panel">
        {health === null ? (
          <Part name="Server" tone="bad" word="unreachable">
            Nothing answers at this address: it has stopped, is being started, or cannot be reached from here.
          </Part>
        ) : (
          <HealthParts health={health} />
        )}
        <Part name="Everything else" tone="quiet" word="not known">
          Worker, loops, runners and backends are told by the database. This page has them as soon as it is back.
        </Part>
      </dl>
    </div>
  );
}
