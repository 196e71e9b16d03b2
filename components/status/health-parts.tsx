import { showTricks } from "@/components/ui/hidden-text";
import type { Health } from "@/contract/health";
import { Part } from "./part";

/** What `/readyz` says, which answers also while the database does not. */
export function HealthParts({ health }: { health: Health }) {
  return (
    <>
      <Part name="Server" tone={health.ready ? "good" : "bad"} word={health.ready ? "ready" : "not ready"}>
        {showTricks(health.message) ?? "It can serve."}
      </Part>
      <Part
        name="Database"
        tone={health.reachable ? "good" : "bad"}
        word={health.reachable ? "reachable" : "unreachable"}
      >
        {health.reachable
          ? `Answers (${health.adapter}).`
          : "Reading stays possible where pages are loaded; runners go on and hold their events back, ten minutes at most."}
      </Part>
    </>
  );
}
