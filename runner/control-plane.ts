import type { ApprovalStatus, RequestApprovalInput } from "@/contract/approval";
import type { Attachment } from "@/contract/attachment";
import type { Command, FinishCommandInput } from "@/contract/command";
import type { AppendEventsInput, LiveFramesInput } from "@/contract/event";
import type {
  ClaimedRun,
  ClaimRunInput,
  FinishRunInput,
  HeartbeatAnswer,
  HeartbeatInput,
  ReleaseRunInput,
} from "@/contract/run";
import type { RegisterRunnerInput } from "@/contract/runner";
import type { RefreshStorageInput } from "@/contract/storage";

/** Abandons a call before its own time limit; the call then throws UnreachableError. */
export interface CallOptions {
  signal?: AbortSignal;
}

/**
 * The runner's calls to the server. Each throws LeaseLostError when another holds the lease, RefusedError for any other
 * refusal, and UnreachableError when there was no usable answer.
 */
export interface ControlPlane {
  /** Claims with the launch token. Every later call uses the token from this answer. */
  claim(input: ClaimRunInput): Promise<ClaimedRun>;
  register(input: RegisterRunnerInput): Promise<void>;
  heartbeat(input: HeartbeatInput, opts?: CallOptions): Promise<HeartbeatAnswer>;
  finishRun(input: FinishRunInput): Promise<void>;
  release(input: ReleaseRunInput): Promise<void>;
  ackCommand(input: { commandId: string; leaseEpoch: number }): Promise<void>;
  finishCommand(input: FinishCommandInput): Promise<void>;
  listCommands(input: { runId: string; afterSeq: number }): Promise<Command[]>;
  /** Delivers commands in order, starting after `afterSeq`, and reconnects by itself. May deliver a command twice. */
  watchCommands(
    input: { runId: string; afterSeq: number },
    onCommand: (command: WatchedCommand) => void,
  ): { close(): void };
  appendEvents(input: AppendEventsInput): Promise<void>;
  liveFrames(input: LiveFramesInput): Promise<void>;
  requestApproval(input: RequestApprovalInput): Promise<{ approvalId: string; status?: ApprovalStatus }>;
  refreshStorage(input: RefreshStorageInput, opts?: CallOptions): Promise<void>;
  missingSegments(
    input: { sessionId: string; leaseEpoch?: number; digests: string[] },
    opts?: CallOptions,
  ): Promise<string[]>;
  /** Without a run, the segment is stored for the session of an archiver's token. */
  putSegment(
    input: { runId?: string; leaseEpoch?: number; digest: string; bytes: Buffer },
    opts?: CallOptions,
  ): Promise<void>;
  getSegment(input: { sessionId: string; runId: string; leaseEpoch: number; digest: string }): Promise<Buffer>;
  commitManifest(
    input: { runId: string; leaseEpoch: number; manifest: Record<string, unknown> },
    opts?: CallOptions,
  ): Promise<void>;
  getManifest(sessionId: string): Promise<unknown>;
  /** Fetches an image that a command of the run names. The caller must check that the bytes are complete. */
  getAttachment(
    input: { attachmentId: string },
    opts?: CallOptions,
  ): Promise<{ attachment: Attachment; bytes: Buffer }>;
}

/** An archiver's calls to the server, with its token. */
export interface ArchiverControlPlane extends Pick<ControlPlane, "missingSegments" | "putSegment"> {
  storeArchive(input: { manifest: Record<string, unknown> }): Promise<void>;
}

/** A command, or the news that cancelling the run was requested. */
export type WatchedCommand = Command | { type: "cancel-requested" };

/** The server gave no answer, or one that a later try may not get: try again. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  /** Whether the server itself answered, for example that it is busy. */
  readonly isAnswer: boolean;

  constructor(message: string, { isAnswer = false }: { isAnswer?: boolean } = {}) {
    super(message);
    this.isAnswer = isAnswer;
  }
}

/** The server refused, and would refuse again. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}
