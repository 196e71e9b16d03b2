import { desc, eq, inArray } from "drizzle-orm";
import type { Approval } from "@/contract/approval";
import type { Db } from "@/db/client";
import { type ApprovalRow, approvals } from "@/db/schema";
import { toApproval } from "@/server/approvals";
import type { Hub } from "./hub";

/** Approvals that wait at once; what lies beyond is in the list, which is read by pages. */
const OPEN_MAX = 500;

/** Tells of approvals that were asked for, decided and applied. Reads those that are open; ended ones change no more. */
export class ApprovalsReader {
  readonly #listeners = new Set<(approval: Approval) => void>();
  /** Status of each approval that can still change. */
  readonly #known = new Map<string, ApprovalRow["status"]>();
  #unsubscribe: (() => void) | null = null;
  #isReading = false;
  #isStale = false;
  #isFirst = true;

  constructor(
    private readonly db: Db,
    private readonly hub: Hub,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  get hasReaders(): boolean {
    return this.#listeners.size > 0;
  }

  follow(listener: (approval: Approval) => void): () => void {
    this.#listeners.add(listener);
    this.#unsubscribe ??= this.hub.subscribe("approvals", this.refresh);
    // The first look only learns what is open; whoever follows reads the list anyway.
    this.refresh();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  readonly refresh = (): void => {
    this.#isStale = true;
    void this.#read();
  };

  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#known.clear();
    this.#isFirst = true;
  }

  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#isStale && this.hasReaders) {
        this.#isStale = false;
        for (const row of await this.#readChanged()) this.#tell(row);
        this.#isFirst = false;
      }
    } catch (error) {
      this.onFailure(error);
    } finally {
      this.#isReading = false;
    }
  }

  async #readChanged(): Promise<ApprovalRow[]> {
    const open = await this.db
      .select()
      .from(approvals)
      .where(eq(approvals.status, "pending"))
      .orderBy(desc(approvals.createdAt))
      .limit(OPEN_MAX);
    const openIds = new Set(open.map((row) => row.id));
    const left = [...this.#known.keys()].filter((id) => !openIds.has(id));
    const moved = left.length === 0 ? [] : await this.db.select().from(approvals).where(inArray(approvals.id, left));
    return [...open, ...moved].filter((row) => this.#known.get(row.id) !== row.status);
  }

  #tell(row: ApprovalRow): void {
    const canChange = row.status === "pending" || row.status === "decided";
    if (canChange) this.#known.set(row.id, row.status);
    else this.#known.delete(row.id);
    if (this.#isFirst) return;
    const approval = toApproval(row);
    for (const listener of this.#listeners) listener(approval);
  }
}
