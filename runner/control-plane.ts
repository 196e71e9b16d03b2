import type { RequestApprovalInput } from "@/contract/approval";
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

/** Gives a call up before its own time is over; it then throws UnreachableError. */
export interface CallOptions {
  signal?: AbortSignal;
}

/**
 * What the runner asks of the server. Each call throws LeaseLostError when the lease is another's, RefusedError for
 * any other refusal, and UnreachableError when there was no answer that says anything.
 */
export interface ControlPlane {
  /** Claims with the launch token; every later call goes with the token that this answers. */
  claim(input: ClaimRunInput): Promise<ClaimedRun>;
  register(input: RegisterRunnerInput): Promise<void>;
  heartbeat(input: HeartbeatInput, opts?: CallOptions): Promise<HeartbeatAnswer>;
  finishRun(input: FinishRunInput): Promise<void>;
  release(input: ReleaseRunInput): Promise<void>;
  ackCommand(input: { commandId: string; leaseEpoch: number }): Promise<void>;
  finishCommand(input: FinishCommandInput): Promise<void>;
  listCommands(input: { runId: string; afterSeq: number }): Promise<Command[]>;
  /** Delivers commands in order from `afterSeq` on and reconnects by itself; may deliver one twice. */
  watchCommands(
    input: { runId: string; afterSeq: number },
    onCommand: (command: WatchedCommand) => void,
  ): { close(): void };
  appendEvents(input: AppendEventsInput): Promise<void>;
  liveFrames(input: LiveFramesInput): Promise<void>;
  requestApproval(input: RequestApprovalInput): Promise<{ approvalId: string }>;
  refreshStorage(input: RefreshStorageInput, opts?: CallOptions): Promise<void>;
  missingSegments(
    input: { sessionId: string; leaseEpoch?: number; digests: string[] },
    opts?: CallOptions,
  ): Promise<string[]>;
  /** Without a run, of the session that an archiver's token is for. */
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
  /** An image that a command of the run names. Whether its bytes are whole is the caller's to check. */
  getAttachment(
    input: { attachmentId: string },
    opts?: CallOptions,
  ): Promise<{ attachment: Attachment; bytes: Buffer }>;
}

/** What an archiver asks of the server, with its token. */
export interface ArchiverPlane extends Pick<ControlPlane, "missingSegments" | "putSegment"> {
  storeArchive(input: { manifest: Record<string, unknown> }): Promise<void>;
}

/** A command, or the news that the run's cancellation was asked for. */
export type WatchedCommand = Command | { type: "cancel-requested" };

/** The server gave no answer, or one that a later try may not get: try again. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  constructor(
    message: string,
    /** The server's own word, such as that it is busy. */
    readonly isAnswer = false,
  ) {
    super(message);
  }
}

/** The server said no, and will say no again. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}
