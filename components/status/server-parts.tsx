"use client";
import { formatPlural } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { Time } from "@/components/ui/time";
import type { Reached, ServerStatus } from "@/contract/status";
import { explainClocks } from "./clock";
import { Part } from "./part";

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
        word={worker.isAway ? "away" : stopped.length > 0 ? "not all of it" : "working"}
      >
        {worker.isAway ? (
          <>
            Nothing starts, ends or is cleaned up until one is back.{" "}
            {worker.seenAt === null ? (
              "None was ever seen."
            ) : (
              <>
                Seen last <Time at={worker.seenAt} />.
              </>
            )}
          </>
        ) : (
          <>
            {stopped.length === 0
              ? "All its loops go on."
              : `${formatPlural(stopped.length, "loop")} of it ${stopped.length === 1 ? "does" : "do"} not go on: see below.`}{" "}
            Seen <Time at={worker.seenAt} />.
          </>
        )}
      </Part>
      <Part
        name="Versions"
        tone={worker.version === null || worker.version === web.version ? "good" : "warn"}
        word={web.version}
      >
        Web {builtAs(web)}, up since <Time at={web.startedAt} />, worker {worker.version ?? "unknown"}; PostgreSQL{" "}
        {database.version}; Node.js {web.nodeVersion}.
        {worker.version !== null && worker.version !== web.version && " They differ: a rollout is under way, or stuck."}
      </Part>
      <Part
        name="Notifications"
        tone={web.isListening ? "good" : "warn"}
        word={web.isListening ? "listening" : "polling"}
      >
        {web.isListening
          ? "This server hears of changes as they are committed (LISTEN)."
          : "The listening connection is lost: changes are looked for each second until it is back."}
      </Part>
      <Part name="Clocks" tone={clocks.isBad ? "warn" : "good"} word={clocks.isBad ? "apart" : "agree"}>
        {showTricks(clocks.text)}
      </Part>
      <Part
        name="Schema"
        tone={migrations.missing.length > 0 ? "bad" : migrations.unknown.length > 0 ? "warn" : "good"}
        word={`${migrations.applied} of ${migrations.expected}`}
      >
        {migrations.missing.length > 0
          ? `Migrations are missing: ${migrations.missing.join(", ")}.`
          : migrations.unknown.length > 0
            ? `A later version applied ${migrations.unknown.join(", ")}.`
            : "Every migration that this version needs is applied."}
      </Part>
      <ReachedPart name="Archive" reached={archive}>
        Where volumes' contents are kept: it can be read and written.
      </ReachedPart>
      <ReachedPart name="Volumes" reached={volumes}>
        {volumes.provider === "local" ? "Folders on this machine." : "Claims: the API server answers web."}
      </ReachedPart>
      <Part
        name="Executor"
        tone={executor.isReachable === null ? "quiet" : executor.isReachable ? "good" : "bad"}
        word={executor.isReachable === null ? "unknown" : executor.isReachable ? "reachable" : "unreachable"}
      >
        {executor.kind === "none" ? (
          "None: runners are started from elsewhere."
        ) : (
          <>
            {executor.kind}: what runs was compared with what should <Time at={executor.seenAt} />.
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
      {showTricks(message) ?? children}{" "}
      <span className="text-xs text-ink-3 tabular-nums">{tookMs.toLocaleString("en")} ms</span>
    </Part>
  );
}

/** The version, and the commit where the build was told of one. */
function builtAs({ version, sourceCommit }: HeardStatus["web"]): string {
  return sourceCommit === "unknown" ? version : `${version} (${sourceCommit.slice(0, 12)})`;
}
