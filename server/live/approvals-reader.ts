import { desc, eq, inArray } from "drizzle-orm";
import type { Approval } from "@/contract/approval";
import type { Db } from "@/db/client";
import { type ApprovalRow, approvals } from "@/db/schema";
import { toApproval } from "@/server/approvals";
import type { Hub } from "./hub";

/** The maximum of waiting approvals that are followed. The others are in the list, which is read in pages. */
const OPEN_MAX = 500;

/**
 * Reports approvals that are requested, decided and applied. Reads only open ones, because ended ones no longer change.
 */
export class ApprovalsReader {
  readonly #listeners = new Set<(approval: Approval) => void>();
  /** The status of each approval that can still change. */
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
    // The first read only learns what is open; followers read the list themselves.
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
        for (const row of await this.#readChanged()) this.#notify(row);
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

  #notify(row: ApprovalRow): void {
    const canChange = row.status === "pending" || row.status === "decided";
    if (canChange) this.#known.set(row.id, row.status);
    else this.#known.delete(row.id);
    if (this.#isFirst) return;
    const approval = toApproval(row);
    for (const listener of this.#listeners) listener(approval);
  }
}
