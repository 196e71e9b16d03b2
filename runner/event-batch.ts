import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { AppendEventsInput } from "@/contract/event";
import { type ControlPlane, RefusedError, UnreachableError } from "./control-plane";
import { retryWhileAway } from "./retry-while-away";

export type DraftEvent = { type: AppendEventsInput["events"][number]["type"]; payload: Record<string, unknown> };
type Event = AppendEventsInput["events"][number];

interface Batch {
  batchId: string;
  /** Characters of the events as JSON. */
  size: number;
  /** Absent while the batch is on disk. */
  events?: Event[];
  file?: string;
}

const BATCH_EVENTS_MAX = 20;
const BATCH_DELAY_MS = 50;
/** Characters of JSON. */
const BATCH_SIZE_MAX = 512 * 1024;
/** Maximum batches kept in memory while the server is away; later ones are written to disk. */
const BATCHES_IN_MEMORY_MAX = 8;
/** Maximum characters of events kept in memory while the server is slow to answer. */
const MEMORY_MAX = 8 * 1024 * 1024;

/**
 * Sends events in order, in batches. A batch keeps its id through every retry, so the server stores it once. While the
 * server is away or slow, batches wait in the spill folder and are sent later in order.
 */
export class EventBatcher {
  private openEvents: Event[] = [];
  private openSize = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly queue: Batch[] = [];
  /** Characters of the batches that are in memory, those about to be written to disk left out. */
  private memoryChars = 0;
  private spilling: Promise<void> = Promise.resolve();
  private sending: Promise<void> | undefined;
  private isServerUnreachable = false;
  private failure: Error | undefined;

  constructor(
    private readonly opts: {
      controlPlane: Pick<ControlPlane, "appendEvents">;
      runId: string;
      leaseEpoch: number;
      spillDir: string;
      /** Called when the lease is gone or the server was away for too long: nothing more will be sent. */
      onFailed: (error: Error) => void;
      awayMaxMs?: number;
    },
  ) {}

  add(event: DraftEvent): void {
    if (this.failure) return;
    const stampedEvent: Event = { ...event, at: new Date().toISOString() };
    const size = JSON.stringify(stampedEvent).length;
    if (this.openSize + size > BATCH_SIZE_MAX) this.closeBatch();
    this.openEvents.push(stampedEvent);
    this.openSize += size;
    if (this.openEvents.length >= BATCH_EVENTS_MAX) this.closeBatch();
    else this.timer ??= setTimeout(() => this.closeBatch(), BATCH_DELAY_MS);
  }

  /** Resolves when everything added so far is stored; rejects when it never will be. */
  async flush(): Promise<void> {
    this.closeBatch();
    await this.sending;
    if (this.failure) throw this.failure;
  }

  private closeBatch(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.openEvents.length === 0) return;
    const batch: Batch = { batchId: randomUUID(), events: this.openEvents, size: this.openSize };
    this.openEvents = [];
    this.openSize = 0;
    this.queue.push(batch);
    this.memoryChars += batch.size;
    const exceedsMemory =
      this.memoryChars > MEMORY_MAX || (this.isServerUnreachable && this.queue.length > BATCHES_IN_MEMORY_MAX);
    // What is sent next stays in memory.
    if (exceedsMemory && this.queue[0] !== batch) this.scheduleSpill(batch);
    this.sending ??= this.sendAll();
  }

  private async sendAll(): Promise<void> {
    for (let batch = this.queue[0]; batch !== undefined; batch = this.queue[0]) {
      try {
        await this.spilling;
        const events = batch.events ?? (JSON.parse(await readFile(batch.file ?? "", "utf8")) as Event[]);
        await this.send(batch.batchId, events);
      } catch (error) {
        this.failure = error instanceof Error ? error : new Error(String(error));
        this.queue.length = 0;
        this.sending = undefined;
        this.opts.onFailed(this.failure);
        return;
      }
      if (batch.file) await rm(batch.file, { force: true });
      else this.memoryChars -= batch.size;
      this.queue.shift();
    }
    // Cleared in the same synchronous step as the last look at the queue, so that a batch closed now starts a new
    // sender.
    this.sending = undefined;
  }

  private async send(batchId: string, events: Event[]): Promise<void> {
    const { controlPlane, runId, leaseEpoch } = this.opts;
    try {
      await retryWhileAway(
        async () => {
          try {
            await controlPlane.appendEvents({ runId, leaseEpoch, batchId, events });
            this.isServerUnreachable = false;
          } catch (error) {
            this.isServerUnreachable = error instanceof UnreachableError;
            throw error;
          }
        },
        { awayMaxMs: this.opts.awayMaxMs },
      );
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      await this.sendOneByOne(batchId, events, error);
    }
  }

  // Sends events one by one. An event that the server refuses must not cost the others: it becomes a warning that says
  // so.
  private async sendOneByOne(batchId: string, events: Event[], error: RefusedError): Promise<void> {
    const [singleEvent] = events;
    if (events.length > 1) {
      for (const [index, event] of events.entries()) await this.send(`${batchId}.${index}`, [event]);
    } else if (singleEvent && singleEvent.type !== "warning") {
      const message =
        `The server refused an event of type ${singleEvent.type} (${error.reason}): ${error.message}`.slice(0, 2_000);
      await this.send(`${batchId}.w`, [{ type: "warning", payload: { message } }]);
    }
  }

  private scheduleSpill(batch: Batch): void {
    this.memoryChars -= batch.size;
    this.spilling = this.spilling
      .then(() => this.spill(batch))
      .catch(() => {})
      .then(() => {
        // It is sent from memory: its turn came first, or the disk did not take it.
        if (batch.file === undefined) this.memoryChars += batch.size;
      });
  }

  private async spill(batch: Batch): Promise<void> {
    if (batch.events === undefined || this.queue[0] === batch) return;
    await mkdir(this.opts.spillDir, { recursive: true });
    const file = path.join(this.opts.spillDir, `${batch.batchId}.json`);
    await writeFile(file, JSON.stringify(batch.events), { mode: 0o600 });
    batch.file = file;
    batch.events = undefined;
  }
}
