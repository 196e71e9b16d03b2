import type { Moment } from "@/server/test/faults/history";
import type { AuditEvent } from "./audit-log";

export type Finding = { rule: Rule; what: string };
type Rule =
  | "unguarded-delete"
  | "deleted-in-use"
  | "deleted-stranger"
  | "unrecorded-delete"
  | "left-over-claim"
  | "missing-claim"
  | "stuck";

/** A claim that exists in the cluster now. */
export type LiveClaim = { name: string; uid: string; sessionId: string | null };
/** An entry of AgentRun's own audit log. */
export type Recorded = { action: string; targetId: string; transaction: string };

export type Evidence = {
  events: AuditEvent[];
  history: Moment[];
  recorded: Recorded[];
  claims: LiveClaim[];
};

const SESSION = "agentrun.dev/session-id";
const WITH_CLAIM = ["live", "archiving", "restoring"];
const HALF_WAY = ["creating", "archiving", "deleting"];
/**
 * Audited actions after which a volume may be deleted before its time: two by a person, and one by a process that made
 * the volume after its session's eviction.
 */
const ORDERED = ["storage.evict", "storage.withdraw", "storage.delete"];
/** Those of them that do not apply to a pinned volume. */
const SPARES_PINNED = ["storage.evict"];
/** Audited actions after which a claim is gone. */
const GONE = ["storage.evicted", "sessions.purged", "storage.withdraw"];

/**
 * Compares what the API server saw with what the database said at that very moment. Called when all is calm: every step
 * is finished, so nothing may be half-done.
 */
export function checkAudit(evidence: Evidence): Finding[] {
  const { events, history } = evidence;
  const past = new Past(history);
  const made = new Map<string, { sessionId: string | undefined }>();
  const gone = new Map<string, Set<string>>();
  const findings: Finding[] = [];
  const find = (rule: Rule, what: string) => findings.push({ rule, what });
  for (const event of events) {
    const { resource, name = "" } = event.objectRef ?? {};
    const { uid = "", annotations } = event.responseObject?.metadata ?? {};
    if (event.verb === "create" && resource === "persistentvolumeclaims")
      made.set(uid, { sessionId: annotations?.[SESSION] });
    if (event.verb !== "delete" && event.verb !== "deletecollection") continue;
    const { preconditions } = event.requestObject ?? {};
    const isClaim = resource === "persistentvolumeclaims";
    if (preconditions?.uid === undefined || (isClaim && preconditions.resourceVersion === undefined))
      find("unguarded-delete", `${resource}/${name} at ${event.requestReceivedTimestamp}`);
    if (!isClaim) continue;
    const deleted =
      preconditions?.uid ?? (event.responseObject?.kind === "Status" ? lastMade(made, name, events) : uid);
    const sessionId = made.get(deleted)?.sessionId;
    if (sessionId === undefined) {
      find("deleted-stranger", `${name} (${deleted})`);
      continue;
    }
    gone.set(sessionId, (gone.get(sessionId) ?? new Set()).add(deleted));
    const wrong = past.wrongOf(sessionId, receivedAt(event), evidence.recorded);
    if (wrong !== null) find("deleted-in-use", `${name} of ${sessionId}: ${wrong}`);
  }
  for (const [sessionId, uids] of gone) {
    const acts = evidence.recorded.filter((row) => row.targetId === sessionId && GONE.includes(row.action));
    if (acts.length < uids.size) find("unrecorded-delete", `${sessionId}: ${uids.size} claims, ${acts.length} records`);
  }
  return [...findings, ...compareSides(past, evidence.claims)];
}

/** Milliseconds, with the microseconds as a fraction; a Date would drop them. */
function receivedAt({ requestReceivedTimestamp }: AuditEvent): number {
  const [seconds = "", fraction = "0Z"] = requestReceivedTimestamp.split(".");
  return Date.parse(`${seconds.replace("Z", "")}Z`) + Number.parseFloat(`0.${fraction}`) * 1_000;
}

/** Returns which claim was deleted, if the request had only a name: the last one of that name. */
function lastMade(made: Map<string, unknown>, name: string, events: AuditEvent[]): string {
  const creation = events.findLast(
    (event) =>
      event.verb === "create" && event.objectRef?.name === name && made.has(event.responseObject?.metadata?.uid ?? ""),
  );
  return creation?.responseObject?.metadata?.uid ?? "";
}

/** Compares the two sides: no claim may lack its session, none may be missing, and no step may be half-done. */
function compareSides(past: Past, claims: LiveClaim[]): Finding[] {
  const findings: Finding[] = [];
  const held = new Map(claims.map((claim) => [claim.sessionId, claim]));
  for (const { name, sessionId } of claims) {
    const now = sessionId === null ? null : past.now(sessionId);
    if (!now || !WITH_CLAIM.includes(now.state))
      findings.push({ rule: "left-over-claim", what: `${name} of ${sessionId}, which is ${now?.state ?? "unknown"}` });
  }
  for (const { id, state } of past.sessions()) {
    if (HALF_WAY.includes(state)) findings.push({ rule: "stuck", what: `${id} is ${state}` });
    else if (WITH_CLAIM.includes(state) && !held.has(id))
      findings.push({ rule: "missing-claim", what: `${id} is ${state}` });
  }
  return findings;
}

/** The database's history, by session. */
class Past {
  readonly #bySession = new Map<string, Moment[]>();

  constructor(history: Moment[]) {
    for (const moment of history) {
      if (moment.sessionId === null) continue;
      const moments = this.#bySession.get(moment.sessionId);
      if (moments) moments.push(moment);
      else this.#bySession.set(moment.sessionId, [moment]);
    }
  }

  now(sessionId: string): Moment | undefined {
    return this.#bySession.get(sessionId)?.findLast((moment) => moment.kind === "session");
  }

  *sessions(): Generator<Moment> {
    for (const sessionId of this.#bySession.keys()) {
      const now = this.now(sessionId);
      if (now) yield now;
    }
  }

  /** Returns why a session's claim must not have been deleted at a moment; null: it was right. */
  wrongOf(sessionId: string, at: number, recorded: Recorded[]): string | null {
    const until = (this.#bySession.get(sessionId) ?? []).filter((moment) => moment.at <= at);
    const session = until.findLast((moment) => moment.kind === "session");
    if (!session) return "no such session";
    if (!session.isDeleted && session.state !== "deleting") return `it was ${session.state}`;
    const runs = new Map(until.filter((moment) => moment.kind === "run").map((moment) => [moment.id, moment]));
    for (const run of runs.values()) if (run.state === "claimed") return `run ${run.id} was claimed`;
    if (session.isDeleted) return null;
    const moments = until.filter((moment) => moment.kind === "session");
    const doom = moments[moments.findLastIndex((moment) => moment.state !== "deleting") + 1];
    // An explicit order takes a volume whose time is not over. It must be the order of this very deletion, identified
    // by its transaction: another eviction of the same session, earlier or later, does not count.
    const order = recorded.find((row) => row.transaction === doom?.transaction && ORDERED.includes(row.action));
    if (order && !SPARES_PINNED.includes(order.action)) return null;
    if (doom?.isPinned || session.isPinned) return "it was pinned";
    if (order) return null;
    const hasExpired = doom?.expiresAt != null && doom.expiresAt <= doom.at;
    return hasExpired ? null : "its time was not over when it was doomed";
  }
}
