import { revealHidden } from "@/components/ui/hidden-characters";
import type { Health } from "@/contract/health";
import { Part } from "./status-part";

/** What `/readyz` says, which answers also while the database does not. */
export function HealthParts({ health }: { health: Health }) {
  return (
    <>
      <Part name="Server" tone={health.ready ? "good" : "bad"} word={health.ready ? "ready" : "not ready"}>
        {revealHidden(health.message) ?? "Serving requests"}
      </Part>
      <Part
        name="Database"
        tone={health.reachable ? "good" : "bad"}
        word={health.reachable ? "reachable" : "unreachable"}
      >
        {health.reachable
          ? `Connected (${health.adapter})`
          : "Open pages stay readable. Runners keep working and buffer their events for up to 10 minutes."}
      </Part>
    </>
  );
}
