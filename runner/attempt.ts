import type { ShownAttachment } from "@/contract/attachment";
import type { ClaimedRun } from "@/contract/run";
import { checkWriter, findRollouts } from "@/volume";
import { Agent, ThreadLostError } from "./agent";
import { Approvals } from "./approvals";
import type { RunnerConfig } from "./config";
import type { ControlPlane } from "./control-plane";
import type { Ending } from "./ending";
import { BackendFailedError } from "./errors";
import { type DraftEvent, EventBatcher } from "./event-batch";
import type { Handover } from "./handover";
import { hiddenFolders } from "./hidden-folders";
import { fetchImages, type Message, type MessageInput, shownImage } from "./images";
import { probeIsolation } from "./isolation";
import { LiveFrames } from "./live-frames";
import {
  type Disk,
  type Prepared,
  prepareAgent,
  prepareDisk,
  repairThreads,
  resolveLayout,
  resolvePolicy,
} from "./prepare";
import { sandboxFor } from "./sandbox";
import { lostThreadMessage, markThreadLost, saveLastThread } from "./thread-records";
import { TurnTranslator } from "./turn-translator";

/** What lives as long as one claim of a run: its event log, its approvals, its agent, and how it ends. */
export class Attempt {
  readonly events: EventBatcher;
  readonly live: LiveFrames;
  readonly approvals: Approvals;
  readonly translator: TurnTranslator;
  readonly policy: ReturnType<typeof resolvePolicy>;
  /** The command whose turn is running. */
  turnCommandId: string | undefined;
  /** What the messages of commands showed, for the events that report them. */
  readonly shownAttachments = new Map<string, ShownAttachment[]>();
  /** The last turn that codex took, for the archive's manifest. */
  lastTurnId: string | null = null;
  onEnding: (ending: Ending) => void = () => {};
  private currentEnding: Ending | undefined;
  /** Aborts what is in progress before there is an agent: a clone, or codex's start. */
  private readonly preparationAbort = new AbortController();
  private readonly abandonAbort = new AbortController();
  private agent: Agent | undefined;
  private startingAgent: Promise<Agent> | undefined;
  private preparedDisk: Disk | undefined;
  private preparedAgent: Prepared | undefined;
  private threadId: string | undefined;
  private savedThreadId: string | undefined;

  constructor(
    readonly config: RunnerConfig,
    readonly controlPlane: ControlPlane,
    readonly run: ClaimedRun,
    handover?: Handover,
  ) {
    const { id: runId, leaseEpoch } = run;
    this.policy = resolvePolicy(run);
    if (handover)
      this.preparedDisk = { layout: resolveLayout(config, run), cwd: handover.cwd, notes: handover.notes ?? undefined };
    this.live = new LiveFrames({ controlPlane, runId, leaseEpoch });
    this.events = new EventBatcher({
      controlPlane,
      runId,
      leaseEpoch,
      spillDir: `${config.scratchDir}/spill`,
      onFailed: (error) => this.end({ kind: "lost", message: error.message }),
    });
    this.translator = new TurnTranslator({
      threadId: () => this.threadId,
      turnCommandId: () => this.turnCommandId,
      attachmentsOf: (commandId) => this.shownAttachments.get(commandId) ?? [],
      // Read late: a git workspace's folder is known only once it exists.
      workspaceDir: () => this.preparedDisk?.cwd ?? "",
      isDemo: run.assignment.isDemo,
    });
    const changesOf = (itemId: string) => this.translator.changesOf(itemId);
    this.approvals = new Approvals({
      controlPlane,
      runId,
      leaseEpoch,
      emit: (event) => this.emit(event),
      flush: () => this.events.flush(),
      changesOf,
      sourceOf: (request) => this.translator.sourceOf(request),
    });
  }

  /** The thread that this attempt works on, once codex has opened it. */
  get thread(): string | null {
    return this.threadId ?? null;
  }

  get ending(): Ending | undefined {
    return this.currentEnding;
  }

  get isLost(): boolean {
    return this.currentEnding?.kind === "lost";
  }

  /** Aborts when the attempt is lost or given back: anything it has not yet reported must stay unreported. */
  get abandoned(): AbortSignal {
    return this.abandonAbort.signal;
  }

  /** Sets how the attempt ends. The first ending counts, except that a lost lease overrides every other. */
  end(ending: Ending): void {
    if (this.currentEnding?.kind === "lost" || (this.currentEnding && ending.kind !== "lost")) return;
    this.currentEnding = ending;
    this.preparationAbort.abort();
    if (ending.kind === "lost" || ending.kind === "released") this.abandonAbort.abort();
    this.onEnding(ending);
  }

  emit(event: DraftEvent): void {
    this.events.add(event);
  }

  /**
   * Fetches the images of a command's message, and keeps what its event reports about them. Throws ImageError. Stops
   * fetching once the attempt is abandoned or the signal aborts.
   */
  async readMessage(commandId: string, { imageIds, ...rest }: MessageInput, signal: AbortSignal): Promise<Message> {
    if (imageIds.length === 0) return { ...rest, images: [] };
    const combinedSignal = AbortSignal.any([signal, this.abandoned]);
    const images = await fetchImages(
      (input, opts) => this.controlPlane.getAttachment(input, opts),
      imageIds,
      combinedSignal,
    );
    this.shownAttachments.set(commandId, images.map(shownImage));
    return { ...rest, images };
  }

  /** Returns the agent, started if it is not running. Throws BackendFailedError, WorkspaceError or VolumeError. */
  async openAgent(): Promise<Agent> {
    if (this.agent?.isAlive) return this.agent;
    this.startingAgent ??= this.startAgent().finally(() => {
      this.startingAgent = undefined;
    });
    return this.startingAgent;
  }

  /** The attempt's folders, once they are prepared. */
  get disk(): Disk | undefined {
    return this.preparedDisk;
  }

  /**
   * Prepares the volume and workspace. Throws WorkspaceError, VolumeError, or what a call of the control plane throws.
   */
  async prepareDisk(): Promise<Disk> {
    this.preparedDisk ??= await prepareDisk({
      config: this.config,
      run: this.run,
      controlPlane: this.controlPlane,
      emit: (event) => this.emit(event),
      signal: this.preparationAbort.signal,
    });
    return this.preparedDisk;
  }

  /** Throws VolumeTakenError when another attempt has the volume. */
  async checkVolume(): Promise<void> {
    const { run, config, disk } = this;
    if (disk)
      await checkWriter(disk.layout, { runId: run.id, leaseEpoch: run.leaseEpoch, attemptId: config.attemptId });
  }

  /**
   * Notes the current thread on the volume. Without space for the note, only the resume of a thread's first turn is
   * lost.
   */
  async saveThread(): Promise<void> {
    if (this.disk && this.threadId !== undefined && this.threadId !== this.savedThreadId) {
      await saveLastThread(this.disk.layout, this.threadId).catch(() => {});
      this.savedThreadId = this.threadId;
    }
  }

  async closeAgent(graceMs?: number): Promise<void> {
    await this.startingAgent?.catch(() => {});
    await this.agent?.stop(graceMs);
    this.agent = undefined;
  }

  async killAgent(): Promise<void> {
    await this.agent?.kill();
    await this.startingAgent?.then((agent) => agent.kill()).catch(() => {});
  }

  // A restarted agent resumes the attempt's thread if codex has written it to a rollout: an agent killed in a thread's
  // first turn may have left none.
  private async chooseThreadId(preparedAgent: Prepared): Promise<string | null> {
    const { threadId } = this;
    if (threadId === undefined || threadId === preparedAgent.threadId) return preparedAgent.threadId;
    if ((await findRollouts(preparedAgent.layout.rolloutsDir, threadId)).length > 0) return threadId;
    const message =
      "The agent was killed before it had written down its conversation: it starts a new thread and does not know what was said before.";
    this.emit({ type: "warning", payload: { message, code: "thread-replaced", threadId } });
    return null;
  }

  private async startAgent(): Promise<Agent> {
    const { config, run, policy } = this;
    // The scan that ends the last agent's tools looks for the attempt's mark, which the next agent carries too.
    await this.agent?.kill();
    const emit = (event: DraftEvent) => this.emit(event);
    if (this.disk) await repairThreads(this.disk.layout, emit);
    this.preparedAgent ??= await prepareAgent(await this.prepareDisk(), { config, run, emit });
    const { cwd, agentEnv, layout, notes } = this.preparedAgent;
    const threadId = await this.chooseThreadId(this.preparedAgent);
    const isolation = config.isolation ?? probeIsolation();
    this.emit({
      type: "backend_status",
      payload: { phase: "agent-starting", attemptId: config.attemptId, isolation, isDemo: run.assignment.isDemo },
    });
    try {
      this.agent = await Agent.start({
        codexPath: config.codexPath,
        cwd,
        env: agentEnv,
        attemptId: config.attemptId,
        sandbox: await sandboxFor(policy.sandbox, { isPod: config.isPod === true, cwd }),
        approval: policy.approval,
        threadId,
        notes,
        signal: this.preparationAbort.signal,
        startTimeoutMs: config.startTimeoutMs,
        interruptBoundMs: config.interruptBoundMs,
        isolation,
        hidden: await hiddenFolders(config, [layout.dir, cwd]),
        onThread: (id) => {
          this.threadId = id;
        },
        onNotification: (notification) => {
          const { events, live } = this.translator.translate(notification);
          for (const event of events) this.emit(event);
          if (live) this.live.show(live);
          if (notification.method === "item/completed") this.live.drop(notification.params.item.id);
        },
        onRequest: (method, params) => this.approvals.answer(method, params),
      });
    } catch (error) {
      if (error instanceof ThreadLostError && threadId !== null) {
        const movedFiles = await markThreadLost(layout, threadId);
        throw new BackendFailedError(lostThreadMessage(threadId, error, movedFiles));
      }
      throw error;
    }
    this.emit({
      type: "backend_status",
      payload: { phase: threadId === null ? "thread-started" : "thread-resumed", threadId: this.agent.threadId },
    });
    // An ending that came while codex was starting found no agent to end.
    if (this.currentEnding?.kind === "lost") await this.agent.kill();
    return this.agent;
  }
}
