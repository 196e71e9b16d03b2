import { TURN_EXITS_MAX, type TurnArchive } from "@/contract/turns";
import type { TimelineStep } from "@/db/queries/events/read-timeline-steps";
import { ASKED_MAX, type AskedTurn, CARRIED_ID, type OpenTurn, type TurnState } from "./state";

/** A turn as its run's events describe it, without its texts. */
export type FoldedTurn =
  | (OpenTurn & { state: string; endMs: number | null; endSeq: number | null })
  | (AskedTurn & { state: string; startSeq: null; endMs: number | null; endSeq: number | null });

/** Events of an agent at work: a turn is under way then, even if its runner has not said that it began. */
const AGENT_TYPES = new Set([
  ...["assistant_message", "reasoning", "plan", "tool_call", "tool_output", "command_execution", "command_output"],
  ...["file_change", "approval_request"],
]);
const IN_PROGRESS_STATUSES = new Set(["inProgress", "in_progress"]);
const DONE_STATUSES = new Set(["completed", "applied", "success"]);

/**
 * Folds a run's events, in order, into its turns. The state is all that it knows of earlier events, so folding can
 * continue from any saved state. A turn that a lost attempt interrupted and the next attempt continues is one turn.
 */
export class TurnFold {
  readonly ended: FoldedTurn[] = [];
  readonly archives: TurnArchive[] = [];
  readonly #state: TurnState;

  constructor(state: TurnState) {
    this.#state = structuredClone(state);
  }

  get state(): TurnState {
    return this.#state;
  }

  add(step: TimelineStep): void {
    const state = this.#state;
    if (state.isOver || step.seq <= state.seq) return;
    // Clocks may disagree, but time never runs backwards here.
    state.atMs = Math.max(state.atMs, step.atMs);
    state.seq = step.seq;
    if (AGENT_TYPES.has(step.type)) this.#open(null);
    if (step.type === "backend_status") this.#applyPhase(step);
    else if (step.type === "terminal_status") this.end();
    else if (state.open !== null) countStep(state.open, step);
  }

  /** Notes that everything up to a seq has been read, though no events were there. */
  passTo(seq: number): void {
    this.#state.seq = Math.max(this.#state.seq, seq);
  }

  /** Returns the turn under way, and those that wait. */
  openTurns(): FoldedTurn[] {
    const { open, asked } = this.#state;
    const waiting = asked.map((turn) => ({ ...turn, state: "waiting", startSeq: null, endMs: null, endSeq: null }));
    return open === null ? waiting : [{ ...open, state: "running", endMs: null, endSeq: null }, ...waiting];
  }

  /** Ends the run: the turn under way was cut off, and waiting turns will not be taken. */
  end(): void {
    const state = this.#state;
    this.#close("cut off");
    for (const turn of state.asked) this.#endAsked(turn, "cancelled");
    state.asked = [];
    state.isOver = true;
  }

  #applyPhase({ phase, commandId, commandType, status, sizeBytes, filesCount }: TimelineStep): void {
    const state = this.#state;
    const id = commandId !== null && CARRIED_ID.test(commandId) ? commandId : null;
    switch (phase) {
      case "command-created":
        if (commandType === "turn" && id !== null)
          state.asked = [...state.asked, { commandId: id, ms: state.atMs }].slice(-ASKED_MAX);
        break;
      case "turn-started":
        // A new attempt continues the turn of the previous one.
        if (state.open?.commandId === id && (id !== null || state.open.done === null)) state.open.done = null;
        else if (state.open !== null && state.open.commandId === null && state.open.done === null) this.#name(id);
        else {
          this.#close("unknown");
          this.#open(id);
        }
        break;
      case "turn-completed":
        if (state.open !== null) state.open.done = { ms: state.atMs, seq: state.seq, how: status ?? "completed" };
        break;
      case "archived":
        if (sizeBytes !== null)
          this.archives.push({ seq: state.seq, at: new Date(state.atMs).toISOString(), sizeBytes, filesCount });
        break;
      case "command-terminal":
        if (id !== null) this.#endCommand(id, status ?? "completed");
    }
  }

  #open(commandId: string | null): void {
    const state = this.#state;
    if (state.open !== null) return;
    const asked = commandId === null ? state.asked[0] : state.asked.find((one) => one.commandId === commandId);
    state.asked = state.asked.filter((one) => one !== asked);
    state.open = {
      commandId: asked?.commandId ?? commandId,
      askedMs: asked?.ms ?? null,
      startMs: state.atMs,
      startSeq: state.seq,
      answerSeq: null,
      tokens: null,
      done: null,
      toolCalls: 0,
      failedCalls: 0,
      exits: [],
      fileChanges: 0,
      errors: 0,
    };
  }

  /** Names the command that the turn under way answers, if that is only known after its begin. */
  #name(commandId: string | null): void {
    const { open, asked } = this.#state;
    const one = asked.find((known) => known.commandId === commandId);
    if (open === null || commandId === null) return;
    Object.assign(open, { commandId, askedMs: one?.ms ?? null });
    this.#state.asked = asked.filter((known) => known !== one);
  }

  #endCommand(commandId: string, status: string): void {
    const state = this.#state;
    if (state.open?.commandId === commandId) {
      // The command of a turn that somebody stopped is `cancelled`; only the runner says that it was interrupted.
      const isStopped = state.open.done?.how === "interrupted" && status === "cancelled";
      this.#close(isStopped ? "interrupted" : status);
      return;
    }
    const asked = state.asked.find((one) => one.commandId === commandId);
    if (asked === undefined) return;
    state.asked = state.asked.filter((one) => one !== asked);
    this.#endAsked(asked, status);
  }

  #endAsked(turn: AskedTurn, state: string): void {
    const { atMs, seq } = this.#state;
    this.ended.push({ ...turn, state, startSeq: null, endMs: atMs, endSeq: seq });
  }

  #close(how: string): void {
    const { open, atMs, seq } = this.#state;
    if (open === null) return;
    const state = open.done !== null && (how === "unknown" || how === "cut off") ? open.done.how : how;
    this.ended.push({ ...open, state, endMs: open.done?.ms ?? atMs, endSeq: open.done?.seq ?? seq });
    this.#state.open = null;
  }
}

/** Adds what an event says to its turn. */
function countStep(turn: OpenTurn, step: TimelineStep): void {
  switch (step.type) {
    case "assistant_message":
      turn.answerSeq = step.seq;
      break;
    case "command_execution":
    case "tool_call":
      if (step.status !== null && IN_PROGRESS_STATUSES.has(step.status)) break;
      turn.toolCalls += 1;
      if (isFailed(step)) turn.failedCalls += 1;
      if (step.exitCode !== null) addExit(turn, step.exitCode);
      break;
    case "file_change":
      if (step.status === null || DONE_STATUSES.has(step.status)) turn.fileChanges += 1;
      break;
    case "error":
      turn.errors += 1;
      break;
    case "token_usage":
      turn.tokens = step.tokens;
  }
}

function isFailed({ status, exitCode, isError }: TimelineStep): boolean {
  return isError || (exitCode !== null && exitCode !== 0) || (status !== null && !DONE_STATUSES.has(status));
}

function addExit(turn: OpenTurn, code: number): void {
  const known = turn.exits.find(([other]) => other === code);
  if (known !== undefined) known[1] += 1;
  else if (turn.exits.length < TURN_EXITS_MAX) turn.exits.push([code, 1]);
}
