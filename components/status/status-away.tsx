import { PageHeader } from "@/components/ui/page";
import type { Health } from "@/contract/health";
import { HealthParts } from "./health-parts";
import { Part } from "./status-part";

/** The status page while the server cannot say who looks at it: what is known of the parts without the database. */
export function StatusAway({ health }: { health: Health | null }) {
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader title="Status" description="Limited view while the server is unavailable, refreshed automatically" />
      <dl className="divide-y border-b bg-panel">
        {health === null ? (
          <Part name="Server" tone="bad" word="unreachable">
            No response. The server has stopped, is starting, or can't be reached from here.
          </Part>
        ) : (
          <HealthParts health={health} />
        )}
        <Part name="Everything else" tone="quiet" word="unknown">
          The worker, background jobs, runners and backends appear here once the database is back.
        </Part>
      </dl>
    </div>
  );
}
