import { randomUUID } from "node:crypto";
import type { RequestApprovalInput } from "@/contract/approval";
import type { ApprovalDecision } from "@/contract/command";
import { type ControlPlane, RefusedError } from "./control-plane";
import type { DraftEvent } from "./event-batch";
import type {
  CommandExecutionRequestApprovalParams,
  CommandExecutionRequestApprovalResponse,
  FileChangeRequestApprovalParams,
  FileChangeRequestApprovalResponse,
  PermissionsRequestApprovalParams,
  PermissionsRequestApprovalResponse,
} from "./protocol/codex";
import { retryWhileAway } from "./retry-while-away";

type ApprovalRequest = Omit<RequestApprovalInput, "runId" | "leaseEpoch" | "requestKey">;

/** Answers every request of codex; what a person has to decide waits for an `approve` command. */
export class Approvals {
  private readonly pendingDecisions = new Map<string, (decision: ApprovalDecision) => void>();
  private readonly openRequests = new Set<Promise<unknown>>();
  /** Aborts when the turn under way is over: what is still being asked for it registers nothing any more. */
  private turnAbort = new AbortController();

  constructor(
    private readonly opts: {
      controlPlane: Pick<ControlPlane, "requestApproval">;
      runId: string;
      leaseEpoch: number;
      emit: (event: DraftEvent) => void;
      /**
       * Resolves when all events so far are stored: the server itself writes the event of the request, which must come
       * later.
       */
      flush: () => Promise<void>;
      changesOf: (itemId: string) => { path: string; kind: string; diff: string }[];
      /** Which turn asks, and which sub-agent, where it is not the session's own agent. */
      sourceOf: (request: { turnId: string; threadId: string }) => Pick<ApprovalRequest, "turnId" | "agentThreadId">;
    },
  ) {}

  /** The answer to a request of codex; rejects only for requests that nobody can answer. */
  async answer(method: string, params: unknown): Promise<unknown> {
    switch (method) {
      case "item/commandExecution/requestApproval":
        return this.answerCommand(params as CommandExecutionRequestApprovalParams);
      case "item/fileChange/requestApproval":
        return this.answerFileChange(params as FileChangeRequestApprovalParams);
      case "item/permissions/requestApproval":
        return this.answerPermissions(params as PermissionsRequestApprovalParams);
      case "item/tool/requestUserInput":
        this.opts.emit({
          type: "warning",
          payload: {
            message:
              "The agent asked a question by a form; it was told to go on without an answer. Answer it by a message.",
          },
        });
        return { answers: {} };
      case "mcpServer/elicitation/request":
        return { action: "decline", content: null, _meta: null };
      case "item/tool/call":
        return { contentItems: [{ type: "inputText", text: "This tool is not available here." }], success: false };
      case "currentTime/read":
        return { currentTimeAt: Math.floor(Date.now() / 1000) };
      case "execCommandApproval":
      case "applyPatchApproval":
        return { decision: "denied" };
      default:
        throw new Error(`AgentRun does not answer ${method}`);
    }
  }

  /** Applies an operator's decision; returns false when nothing waits for it any more. */
  async decide(approvalId: string, decision: ApprovalDecision): Promise<boolean> {
    // The decision may arrive before the answer that contains the approval's id.
    if (!this.pendingDecisions.has(approvalId)) await Promise.allSettled(this.openRequests);
    const resolve = this.pendingDecisions.get(approvalId);
    if (resolve === undefined) return false;
    this.pendingDecisions.delete(approvalId);
    resolve(decision);
    return true;
  }

  /** Ends the turn: codex no longer waits for any answer in it. */
  endTurn(): void {
    this.turnAbort.abort();
    this.turnAbort = new AbortController();
    for (const resolve of this.pendingDecisions.values()) resolve("decline");
    this.pendingDecisions.clear();
  }

  private async answerCommand(
    params: CommandExecutionRequestApprovalParams,
  ): Promise<CommandExecutionRequestApprovalResponse> {
    const { itemId, command, cwd, reason } = params;
    const network = params.networkApprovalContext;
    const shownCommand = command ?? (network ? `network access to ${network.host}` : undefined);
    return {
      decision: await this.requestDecision({
        kind: "command",
        itemId,
        ...this.opts.sourceOf(params),
        command: shownCommand,
        cwd: cwd ?? undefined,
        reason: reason ?? undefined,
      }),
    };
  }

  private async answerFileChange(params: FileChangeRequestApprovalParams): Promise<FileChangeRequestApprovalResponse> {
    const { itemId, reason } = params;
    return {
      decision: await this.requestDecision({
        kind: "file_change",
        itemId,
        ...this.opts.sourceOf(params),
        changes: this.opts.changesOf(itemId),
        reason: reason ?? undefined,
      }),
    };
  }

  private async answerPermissions(
    params: PermissionsRequestApprovalParams,
  ): Promise<PermissionsRequestApprovalResponse> {
    const { itemId, cwd, reason, permissions } = params;
    const decision = await this.requestDecision({
      kind: "permissions",
      itemId,
      ...this.opts.sourceOf(params),
      cwd,
      command: JSON.stringify(permissions),
      reason: reason ?? undefined,
    });
    if (decision === "decline") return { permissions: {}, scope: "turn" };
    const granted = { network: permissions.network ?? undefined, fileSystem: permissions.fileSystem ?? undefined };
    return { permissions: granted, scope: decision === "acceptForSession" ? "session" : "turn" };
  }

  private async requestDecision(request: ApprovalRequest): Promise<ApprovalDecision> {
    const { signal } = this.turnAbort;
    const turnEnded = new Promise<"decline">((resolve) => {
      signal.addEventListener("abort", () => resolve("decline"), { once: true });
    });
    const registration = this.register(request, signal);
    this.openRequests.add(registration);
    const decision = registration.then((approvalId) => {
      // No turn is under way that it could be asked for.
      if (approvalId === null || signal.aborted) return "decline" as const;
      return new Promise<ApprovalDecision>((resolve) => this.pendingDecisions.set(approvalId, resolve));
    });
    registration.catch(() => {}).finally(() => this.openRequests.delete(registration));
    try {
      return await Promise.race([decision, turnEnded]);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.opts.emit({
        type: "warning",
        payload: { message: `An approval could not be asked for, so it counts as declined: ${error.message}` },
      });
      return "decline";
    }
  }

  /** Asks the server until it answers or the turn is over; null when the turn was over before. */
  private async register(request: ApprovalRequest, signal: AbortSignal): Promise<string | null> {
    const { controlPlane, runId, leaseEpoch, flush } = this.opts;
    const requestKey = randomUUID();
    await flush();
    if (signal.aborted) return null;
    const { approvalId, status } = await retryWhileAway(
      () => controlPlane.requestApproval({ runId, leaseEpoch, requestKey, ...request }),
      { signal },
    );
    return status === "superseded" ? null : approvalId;
  }
}
