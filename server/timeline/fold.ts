import { TIMELINE_SILENCE_MS, type TimelineCause, type TimelineSpan, type TimelineStretch } from "@/contract/timeline";
import type { TimelineStep } from "@/db/queries/events/read-timeline-steps";
import { type Begun, clipLabel, iso, type Launch, launchSpan, nameOf, shownSpan } from "./spans";
import { type FoldState, NAMES_MAX, OPEN_MAX, type OpenSpan } from "./state";

/** Events of an agent at work: a turn is under way then, even if its runner has not said that it began. */
const AGENT_TYPES = new Set([
  ...["user_message", "assistant_message", "reasoning", "plan", "tool_call", "tool_output"],
  ...["command_execution", "command_output", "file_change", "approval_request"],
]);
const TOOL_KINDS: Record<string, OpenSpan["kind"]> = {
  command_execution: "command",
  tool_call: "tool",
  file_change: "files",
};

/**
 * Folds a run's events, in order, into spans, and into stretches that divide its time among causes without gap or
 * overlap. The state is all that it knows of earlier events, so folding can continue from any saved state. Clocks may
 * disagree, but time never runs backwards here: an event that is dated before the one ahead of it counts as
 * simultaneous.
 */
export class TimelineFold {
  readonly spans: TimelineSpan[] = [];
  readonly stretches: TimelineStretch[] = [];
  readonly #state: FoldState;
  readonly #launches: readonly Launch[];

  constructor(state: FoldState, launches: readonly Launch[]) {
    this.#state = structuredClone(state);
    this.#launches = launches;
  }

  get state(): FoldState {
    return this.#state;
  }

  add(step: TimelineStep): void {
    const state = this.#state;
    if (state.endMs !== null || step.seq <= state.seq) return;
    const atMs = Math.max(state.atMs, step.atMs);
    const isQuiet = state.cause === "work" && !this.#has("tools") && atMs - state.atMs >= TIMELINE_SILENCE_MS;
    if (isQuiet) this.#go("silence", state.seq);
    state.atMs = atMs;
    state.seq = step.seq;
    this.#apply(step);
    if (state.endMs === null) this.#go(this.#cause(), step.seq);
  }

  /** Notes that everything up to a seq has been read, though no events were there. */
  passTo(seq: number): void {
    this.#state.seq = Math.max(this.#state.seq, seq);
  }

  /** Returns what is under way when everything is read: spans without an end, and launches that no claim followed. */
  underWay(): { spans: TimelineSpan[]; stretch: TimelineStretch | null } {
    const { open, endMs, cause, causeMs, causeSeq } = this.#state;
    const spans = open.map((span) => shownSpan(span, { state: "running", endedAt: null, endSeq: null }));
    const stretch = { cause, startedAt: iso(causeMs), endedAt: null, startSeq: causeSeq, count: 1 };
    return { spans: [...spans, ...this.#unclaimed()], stretch: endMs === null ? stretch : null };
  }

  /** Ends the run if its log does not say that it ended. */
  end(atMs: number): void {
    const state = this.#state;
    if (state.endMs !== null) return;
    state.atMs = Math.max(state.atMs, atMs);
    this.#end("ended");
  }

  #apply(step: TimelineStep): void {
    if (AGENT_TYPES.has(step.type)) this.#ensureTurn();
    switch (step.type) {
      case "backend_status":
        this.#applyPhase(step);
        break;
      case "terminal_status":
        this.#end(step.status ?? "ended");
        break;
      case "command_execution":
      case "tool_call":
      case "file_change":
        this.#applyTool(step);
        break;
      case "tool_output":
        this.#close("tools", step.itemId, step.isError ? "failed" : "completed");
        break;
      case "approval_request":
        this.#open(this.#here("approvals", "approval", step.label), step.approvalId);
        break;
      case "approval_decision":
        this.#applyDecision(step);
        break;
    }
  }

  #applyPhase(step: TimelineStep): void {
    const state = this.#state;
    switch (step.phase) {
      case "command-created":
        if (step.commandType === "turn" && step.commandId !== null)
          state.asked = [...state.asked, nameOf(step.commandId)].slice(-NAMES_MAX);
        break;
      case "command-terminal":
        this.#endCommand(step);
        break;
      case "run-claimed":
        this.#claim(step.runnerId ?? "");
        break;
      case "lease-expired":
        this.#endAttempt("lost");
        break;
      case "turn-started":
        this.#startTurn(step.commandId);
        break;
      case "turn-completed":
        this.#endTurn(step.status ?? "completed");
        break;
      case "archived":
        this.#archive();
        break;
      case "volume-restored":
        this.#point("archive", "archive", "Volume restored");
    }
  }

  #claim(runnerId: string): void {
    const state = this.#state;
    this.#endAttempt("taken over");
    state.attempts += 1;
    state.claimed = [...state.claimed, nameOf(runnerId)].slice(-NAMES_MAX);
    const launch = this.#launches.findLast(
      (candidate) => candidate.runnerId === runnerId && candidate.launchedMs <= state.atMs,
    );
    // The launch has achieved its purpose, however its runner ends.
    if (launch !== undefined) this.spans.push(launchSpan({ ...launch, state: "running" }, state, state.atMs));
    this.#open(this.#here("attempts", "attempt", `Attempt ${state.attempts}`), null);
  }

  #endAttempt(ending: string): void {
    this.#closeAll((span) => span.lane !== "attempts", "cut off");
    this.#closeAll((span) => span.lane === "attempts", ending);
    this.#state.turnOf = null;
  }

  #startTurn(commandId: string | null): void {
    const state = this.#state;
    this.#ensureAttempt();
    // A runner that reports the turn's begin only after its first items means the same turn.
    const isSame = this.#has("turns") && state.turnOf === null;
    if (!isSame) {
      this.#endTurn("unknown");
      this.#openTurn();
    }
    state.turnOf = commandId === null ? null : nameOf(commandId);
  }

  #openTurn(): void {
    this.#state.turns += 1;
    this.#state.turnEnd = null;
    this.#open(this.#here("turns", "turn", `Turn ${this.#state.turns}`), null);
  }

  #ensureTurn(): void {
    this.#ensureAttempt();
    if (!this.#has("turns")) this.#openTurn();
  }

  #ensureAttempt(): void {
    if (!this.#has("attempts")) this.#claim("");
  }

  #endTurn(status: string): void {
    if (!this.#has("turns")) return;
    this.#closeAll((span) => span.lane === "tools", "cut off");
    this.#closeAll((span) => span.lane === "approvals", "superseded");
    this.#closeAll((span) => span.lane === "turns", status);
    this.#state.turnOf = null;
    this.#state.turnEnd = { ms: this.#state.atMs, seq: this.#state.seq };
  }

  #endCommand({ commandId, status }: TimelineStep): void {
    const state = this.#state;
    const name = commandId === null ? null : nameOf(commandId);
    if (name === null || !state.asked.includes(name)) return;
    const isOfTurn = state.turnOf === null ? state.asked[0] === name : state.turnOf === name;
    state.asked = state.asked.filter((asked) => asked !== name);
    if (isOfTurn) this.#endTurn(status ?? "completed");
  }

  #applyTool(step: TimelineStep): void {
    const state = this.#state;
    const kind = TOOL_KINDS[step.type] ?? "tool";
    const isUnderWay =
      step.status === "inProgress" || step.status === "in_progress" || (step.status === null && kind === "tool");
    const span = this.#here("tools", kind, step.label);
    if (isUnderWay) this.#open(span, step.itemId);
    else if (!this.#close("tools", step.itemId, step.status ?? "completed")) {
      // Such an item is only reported at its end: it began as long ago as it took, but never before its turn.
      const floor = state.open.find((candidate) => candidate.lane === "turns")?.atMs ?? state.atMs;
      const lengthMs = Math.round(Math.min(step.durationMs ?? 0, state.atMs - floor));
      this.#finish({ ...span, atMs: state.atMs - lengthMs }, step.status ?? "completed");
    }
  }

  #applyDecision({ approvalId, status, decision }: TimelineStep): void {
    if (status !== "pending") {
      const isSettled = status === "superseded" || status === "ambiguous";
      this.#close("approvals", approvalId, isSettled ? status : (decision ?? status ?? "decided"));
    } else if (this.#has("turns")) {
      // A decision that was taken back leaves the question open again.
      this.#open(this.#here("approvals", "approval", null), approvalId);
    }
  }

  #archive(): void {
    const { turnEnd, atMs, seq } = this.#state;
    const start = turnEnd ?? { ms: atMs, seq };
    this.#finish({ ...this.#here("archive", "archive", "Archived"), atMs: start.ms, seq: start.seq }, "completed");
    this.#state.turnEnd = null;
  }

  #end(ending: string): void {
    const state = this.#state;
    this.#closeAll((span) => span.lane !== "attempts", "cut off");
    this.#closeAll((span) => span.lane === "attempts", ending);
    this.#go(state.cause, state.seq, true);
    state.endMs = state.atMs;
  }

  #cause(): TimelineCause {
    const { asked } = this.#state;
    if (!this.#has("attempts")) return asked.length > 0 ? "runner" : "idle";
    if (this.#has("approvals")) return "person";
    if (this.#has("turns")) return "work";
    return asked.length > 0 ? "start" : "idle";
  }

  /** Ends the current stretch now and begins the next. A stretch without length is left out. */
  #go(cause: TimelineCause, seq: number, isEnd = false): void {
    const state = this.#state;
    if (cause === state.cause && !isEnd) return;
    const ms = state.atMs - state.causeMs;
    if (ms > 0) {
      state.totals[state.cause] += ms;
      this.stretches.push({
        cause: state.cause,
        startedAt: iso(state.causeMs),
        endedAt: iso(state.atMs),
        startSeq: state.causeSeq,
        count: 1,
      });
    }
    Object.assign(state, { cause, causeMs: state.atMs, causeSeq: seq });
  }

  #has(lane: OpenSpan["lane"]): boolean {
    return this.#state.open.some((span) => span.lane === lane);
  }

  #here(lane: TimelineSpan["lane"], kind: TimelineSpan["kind"], label: string | null): Begun {
    const { atMs, seq } = this.#state;
    return { lane, kind, label: clipLabel(label ?? ""), atMs, seq };
  }

  /** Begins a span that a later event ends. If the span has a name, that event finds it by the name. */
  #open(begun: Begun, name: string | null): void {
    const { open } = this.#state;
    const span = { ...begun, kind: begun.kind as OpenSpan["kind"], name: name === null ? null : nameOf(name) };
    const isKnown = open.some(
      (candidate) => candidate.lane === span.lane && candidate.name === span.name && span.name !== null,
    );
    if (isKnown) return;
    if (open.length >= OPEN_MAX) {
      const oldest =
        open.find((candidate) => candidate.lane === "tools") ??
        open.find((candidate) => candidate.lane === "approvals");
      if (oldest !== undefined) this.#closeAll((candidate) => candidate === oldest, "unknown");
    }
    open.push(span);
  }

  /** Ends the span of that name, and returns whether there was one. */
  #close(lane: OpenSpan["lane"], name: string | null, ending: string): boolean {
    const span = this.#state.open.find(
      (candidate) => candidate.lane === lane && name !== null && candidate.name === nameOf(name),
    );
    if (span !== undefined) this.#closeAll((candidate) => candidate === span, ending);
    return span !== undefined;
  }

  #closeAll(condition: (span: OpenSpan) => boolean, ending: string): void {
    const { open } = this.#state;
    for (const span of open.filter(condition)) {
      open.splice(open.indexOf(span), 1);
      this.#finish(span, ending);
    }
  }

  #finish(span: Begun, ending: string): void {
    const { atMs, seq } = this.#state;
    this.spans.push(shownSpan(span, { state: ending, endedAt: iso(atMs), endSeq: seq }));
  }

  #point(lane: TimelineSpan["lane"], kind: TimelineSpan["kind"], label: string): void {
    this.#finish(this.#here(lane, kind, label), "completed");
  }

  #unclaimed(): TimelineSpan[] {
    const { claimed } = this.#state;
    return this.#launches
      .filter((launch) => !claimed.includes(nameOf(launch.runnerId)))
      .map((launch) => {
        const isOver = launch.state === "ended" || launch.state === "failed" || this.#state.endMs !== null;
        return launchSpan(launch, this.#state, isOver ? (launch.endedMs ?? this.#state.atMs) : null);
      });
  }
}
