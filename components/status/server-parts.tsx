"use client";
import { formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Time } from "@/components/ui/time/time";
import type { Reached, ServerStatus } from "@/contract/status";
import { explainClocks } from "./clock";
import { Part } from "./status-part";

export type HeardStatus = ServerStatus & { heardMs: number; askedForMs: number };

/** The worker, and what the server hears and reaches. */
export function ServerParts({ status }: { status: HeardStatus }) {
  const { web, worker, loops, migrations, database, archive, volumes, executor } = status;
  const stopped = loops.filter(({ process, state }) => process === "worker" && state !== "good");
  const clocks = explainClocks(status.clock, status.heardMs, status.askedForMs);
  return (
    <>
      <Part
        name="Worker"
        tone={worker.isAway ? "bad" : stopped.length > 0 ? "warn" : "good"}
        word={worker.isAway ? "offline" : stopped.length > 0 ? "degraded" : "working"}
      >
        {worker.isAway ? (
          <>
            No work starts, finishes or gets cleaned up until a worker is back.{" "}
            {worker.seenAt === null ? (
              "No worker has ever connected."
            ) : (
              <>
                Last seen <Time at={worker.seenAt} />.
              </>
            )}
          </>
        ) : (
          <>
            {stopped.length === 0
              ? "All background jobs are on schedule."
              : `${formatPlural(stopped.length, "background job")} ${stopped.length === 1 ? "needs" : "need"} attention, see below.`}{" "}
            Last seen <Time at={worker.seenAt} />.
          </>
        )}
      </Part>
      <Part
        name="Versions"
        tone={worker.version === null || worker.version === web.version ? "good" : "warn"}
        word={web.version}
      >
        Web {builtAs(web)}, started <Time at={web.startedAt} />. Worker {worker.version ?? "unknown"}, PostgreSQL{" "}
        {database.version}, Node.js {web.nodeVersion}.
        {worker.version !== null &&
          worker.version !== web.version &&
          " Web and worker versions differ: a rollout is in progress or stuck."}
      </Part>
      <Part
        name="Notifications"
        tone={web.isListening ? "good" : "warn"}
        word={web.isListening ? "listening" : "polling"}
      >
        {web.isListening
          ? "Changes arrive as they are committed (LISTEN)."
          : "The LISTEN connection is lost. Polling every second until it's back."}
      </Part>
      <Part name="Clocks" tone={clocks.isBad ? "warn" : "good"} word={clocks.isBad ? "skewed" : "in sync"}>
        {revealHidden(clocks.text)}
      </Part>
      <Part
        name="Schema"
        tone={migrations.missing.length > 0 ? "bad" : migrations.unknown.length > 0 ? "warn" : "good"}
        word={`${migrations.applied} of ${migrations.expected}`}
      >
        {migrations.missing.length > 0
          ? `Missing migrations: ${migrations.missing.join(", ")}.`
          : migrations.unknown.length > 0
            ? `Applied by a newer version: ${migrations.unknown.join(", ")}`
            : "Up to date"}
      </Part>
      <ReachedPart name="Archive" reached={archive}>
        Volume archives can be read and written.
      </ReachedPart>
      <ReachedPart name="Volumes" reached={volumes}>
        {volumes.provider === "local"
          ? "Folders on this machine"
          : "Persistent volume claims: the API server responds."}
      </ReachedPart>
      <Part
        name="Executor"
        tone={executor.isReachable === null ? "quiet" : executor.isReachable ? "good" : "bad"}
        word={executor.isReachable === null ? "unknown" : executor.isReachable ? "reachable" : "unreachable"}
      >
        {executor.kind === "none" ? (
          "None. Runners are started externally."
        ) : (
          <>
            {executor.kind}, last reconciled <Time at={executor.seenAt} />.
          </>
        )}
      </Part>
    </>
  );
}

function ReachedPart({ name, reached, children }: { name: string; reached: Reached; children: string }) {
  const { isReachable, message, tookMs } = reached;
  return (
    <Part name={name} tone={isReachable ? "good" : "bad"} word={isReachable ? "reachable" : "unreachable"}>
      {revealHidden(message) ?? children}{" "}
      <span className="text-xs text-ink-3 tabular-nums">{tookMs.toLocaleString("en")} ms</span>
    </Part>
  );
}

/** The version, and the commit where the build was told of one. */
function builtAs({ version, sourceCommit }: HeardStatus["web"]): string {
  return sourceCommit === "unknown" ? version : `${version} (${sourceCommit.slice(0, 12)})`;
}
