import { createHash, randomUUID } from "node:crypto";
import type { RequestApprovalInput } from "@/contract/approval";
import type { Command, FinishCommandInput } from "@/contract/command";
import type { AppendEventsInput, LiveFramesInput } from "@/contract/event";
import { readImage } from "@/contract/image";
import type { ClaimedRun, FinishRunInput, HeartbeatAnswer } from "@/contract/run";
import {
  type CallOptions,
  type ControlPlane,
  RefusedError,
  UnreachableError,
  type WatchedCommand,
} from "@/runner/control-plane";
import { LeaseLostError } from "@/runner/errors";
import type { Image } from "@/runner/images";

type Event = AppendEventsInput["events"][number];

/** A server for one run, in memory, with the rules that a runner depends on: epochs, batch ids, states of commands. */
export class MemoryControlPlane implements ControlPlane {
  readonly events: Event[] = [];
  readonly frames: LiveFramesInput["frames"] = [];
  readonly commands: Command[] = [];
  readonly segments = new Map<string, Buffer>();
  readonly images = new Map<string, Image>();
  readonly storage: { storageSizeBytes: number; storageFilesCount: number; storageSha256: string }[] = [];
  manifest: Record<string, unknown> | undefined;
  finished: FinishRunInput | undefined;
  released = false;
  /** Whether the last release was reported as that of a drained runner. */
  releasedDrained = false;
  isDraining = false;
  isAway = false;
  epoch = 1;
  beats = 0;
  shouldYield = false;
  cancelRequestedAt: string | null = null;
  private readonly batches = new Set<string>();
  private readonly watchers = new Set<(command: WatchedCommand) => void>();
  private readonly observers = new Set<() => void>();

  constructor(readonly run: ClaimedRun) {}

  /** Adds a command as an API caller would. */
  order(type: Command["type"], payload: Record<string, unknown>): Command {
    const now = new Date().toISOString();
    const command: Command = {
      id: `cmd_${randomUUID()}`,
      runId: this.run.id,
      seq: this.commands.length + 1,
      type,
      payload,
      payloadHash: "",
      idempotencyKey: null,
      state: "pending",
      createdAt: now,
      updatedAt: now,
      acknowledgedAt: null,
      cancelRequestedAt: null,
      failureKind: null,
      failureMessage: null,
      output: null,
    };
    this.commands.push(command);
    for (const watcher of this.watchers) watcher(command);
    return command;
  }

  cancel(): void {
    this.cancelRequestedAt = new Date().toISOString();
    for (const watcher of this.watchers) watcher({ type: "cancel-requested" });
  }

  /** Cancels a command that has not begun, as the server does at once. */
  withdraw(command: Command): void {
    this.change(command.id, { state: "cancelled", cancelRequestedAt: new Date().toISOString() });
    for (const watcher of this.watchers) watcher(this.state(command));
  }

  /** Resolves once `test` holds; checks after everything that the runner reports. */
  async until<T>(what: string, test: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = test();
      if (found) return found;
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`never came: ${what}; events: ${JSON.stringify(this.events.slice(-6))}`)),
          20_000,
        );
        const look = () => {
          clearTimeout(timer);
          this.observers.delete(look);
          resolve();
        };
        this.observers.add(look);
      });
    }
  }

  payloads(type: Event["type"]): Record<string, unknown>[] {
    return this.events.filter((event) => event.type === type).map((event) => event.payload);
  }

  state(command: Command): Command {
    return this.commands.find((candidate) => candidate.id === command.id) ?? command;
  }

  async claim(): Promise<ClaimedRun> {
    return { ...this.run, leaseEpoch: this.epoch, cancelRequestedAt: this.cancelRequestedAt };
  }

  async register(): Promise<void> {}

  async heartbeat(input: { leaseEpoch?: number }): Promise<HeartbeatAnswer> {
    this.judge(input.leaseEpoch);
    this.beats += 1;
    return {
      ...this.run,
      cancelRequestedAt: this.cancelRequestedAt,
      shouldYield: this.shouldYield,
      isDraining: this.isDraining,
      cancelledCommandIds: [],
    };
  }

  async finishRun(input: FinishRunInput): Promise<void> {
    this.judge(input.leaseEpoch);
    const isOpen = (command: Command) => command.state === "pending" || command.state === "acknowledged";
    if (input.terminalStatus === "completed" && this.commands.some(isOpen))
      throw new RefusedError("command-waiting", "a command waits");
    this.finished = input;
    this.tell();
  }

  async release(input: { leaseEpoch: number; isDrained?: boolean }): Promise<void> {
    this.releasedDrained = input.isDrained === true;
    this.judge(input.leaseEpoch);
    this.released = true;
    this.tell();
  }

  async ackCommand(input: { commandId: string; leaseEpoch: number }): Promise<void> {
    this.judge(input.leaseEpoch);
    this.change(input.commandId, { state: "acknowledged", acknowledgedAt: new Date().toISOString() });
    this.tell();
  }

  async finishCommand(input: FinishCommandInput): Promise<void> {
    this.judge(input.leaseEpoch);
    const { terminalStatus, failureKind, failureMessage, threadId, output } = input;
    this.change(input.commandId, {
      state: terminalStatus,
      failureKind: failureKind ?? null,
      failureMessage: failureMessage ?? null,
      output: output ?? null,
    });
    if (threadId !== undefined && this.run.assignment.session) this.run.assignment.session.threadId = threadId;
    this.tell();
  }

  async listCommands(input: { afterSeq: number }): Promise<Command[]> {
    return this.commands.filter((command) => command.seq > input.afterSeq);
  }

  watchCommands(input: { afterSeq: number }, onCommand: (command: WatchedCommand) => void): { close(): void } {
    this.watchers.add(onCommand);
    for (const command of this.commands.filter((candidate) => candidate.seq > input.afterSeq)) onCommand(command);
    return { close: () => this.watchers.delete(onCommand) };
  }

  async appendEvents(input: AppendEventsInput): Promise<void> {
    this.judge(input.leaseEpoch);
    if (input.batchId !== undefined && this.batches.has(input.batchId)) return;
    this.batches.add(input.batchId ?? "");
    this.events.push(...input.events);
    this.tell();
  }

  async liveFrames(input: LiveFramesInput): Promise<void> {
    this.frames.push(...input.frames);
    this.tell();
  }

  async requestApproval(input: RequestApprovalInput): Promise<{ approvalId: string }> {
    this.judge(input.leaseEpoch);
    const approvalId = `apr_${randomUUID()}`;
    this.events.push({ type: "approval_request", payload: { ...input, approvalId } });
    this.tell();
    return { approvalId };
  }

  async refreshStorage(input: {
    storageSizeBytes: number;
    storageFilesCount: number;
    storageSha256: string;
  }): Promise<void> {
    this.storage.push(input);
    this.tell();
  }

  async missingSegments(input: { digests: string[] }): Promise<string[]> {
    return input.digests.filter((digest) => !this.segments.has(digest));
  }

  async putSegment(input: { digest: string; bytes: Buffer }, _opts?: CallOptions): Promise<void> {
    this.segments.set(input.digest, input.bytes);
  }

  async getSegment({ digest }: { digest: string }): Promise<Buffer> {
    const bytes = this.segments.get(digest);
    if (!bytes) throw new RefusedError("not-found", `no segment ${digest}`);
    return bytes;
  }

  async commitManifest(input: { manifest: Record<string, unknown> }): Promise<void> {
    this.manifest = input.manifest;
    this.tell();
  }

  async getManifest(): Promise<unknown> {
    return this.manifest;
  }

  /** Adds an image as if it had been uploaded to the session. Returns the id by which a command names it. */
  attach(bytes: Buffer, name = "shot.png"): string {
    const facts = readImage(bytes);
    if (facts === null) throw new Error("this is no image");
    const id = `img_${randomUUID().replaceAll("-", "")}`;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const of = { sessionId: "ses_test", tenantId: "default", projectId: "default", createdBy: "test" };
    const attachment = {
      id,
      name,
      ...facts,
      ...of,
      sizeBytes: bytes.byteLength,
      sha256,
      createdAt: "",
      expiresAt: null,
    };
    this.images.set(id, { attachment, bytes });
    return id;
  }

  async getAttachment({ attachmentId }: { attachmentId: string }, _opts?: CallOptions): Promise<Image> {
    if (this.isAway) throw new UnreachableError("the server is away");
    const image = this.images.get(attachmentId);
    if (!image) throw new RefusedError("not-found", `there is no attachment ${attachmentId}`);
    return image;
  }

  private judge(leaseEpoch: number | undefined): void {
    if (this.isAway) throw new UnreachableError("the server is away");
    if (leaseEpoch !== undefined && leaseEpoch !== this.epoch)
      throw new LeaseLostError("a later epoch holds the lease");
  }

  private change(commandId: string, fields: Partial<Command>): void {
    const index = this.commands.findIndex((command) => command.id === commandId);
    const command = this.commands[index];
    if (!command) throw new RefusedError("not-found", "no such command");
    if (command.state !== "pending" && command.state !== "acknowledged")
      throw new RefusedError("already-terminal", "the command has ended");
    this.commands[index] = { ...command, ...fields };
  }

  /** Has what is waited for looked at again. */
  tell(): void {
    for (const observer of [...this.observers]) observer();
  }
}
