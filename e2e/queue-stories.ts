import { type APIRequestContext, expect, type Locator, type Page } from "@playwright/test";
import type { CreateTaskInput, QueueTaskSummary, TaskAttempt } from "@/contract/queue";
import type { CreateRunInput, Run } from "@/contract/run";
import { ready } from "./fixtures";

export type Api = ReturnType<typeof apiOf>;

/** The product's REST, as the person who is signed in. */
export function apiOf(request: APIRequestContext, origin: string) {
  async function send(method: "get" | "post", path: string, data?: object): Promise<unknown> {
    const answer = await request[method](`/api/v1${path}`, data === undefined ? {} : { data, headers: { origin } });
    expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true);
    return answer.json();
  }
  return {
    post: (path: string, data: object = {}) => send("post", path, data),
    get: (path: string) => send("get", path),
    /** A run of the demo agent in a session of that id, which it makes where there is none. */
    async run(sessionId: string, more: Partial<CreateRunInput> = {}): Promise<string> {
      const run = await send("post", "/runs", { backendProfile: "demo", sessionRef: { sessionId }, ...more });
      return (run as Run).id;
    },
    async add(input: Partial<CreateTaskInput>): Promise<string> {
      const task = await send("post", "/queue/tasks", {
        backendProfile: "demo",
        payload: {},
        title: "a task",
        ...input,
      });
      return (task as QueueTaskSummary).id;
    },
    task: async (taskId: string) => (await send("get", `/queue/tasks/${taskId}`)) as QueueTaskSummary,
    async attempts(taskId: string): Promise<TaskAttempt[]> {
      const page = (await send("get", `/queue/tasks/${taskId}/attempts`)) as { items: TaskAttempt[] };
      return page.items.toReversed();
    },
  };
}

export async function openPage(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await ready(page);
}

export const tasksTable = (page: Page): Locator => page.getByRole("table", { name: "Tasks" });
export const lanesTable = (page: Page): Locator => page.getByRole("table", { name: "Queues and lanes" });

export const rowOf = (page: Page, title: string): Locator =>
  tasksTable(page)
    .getByRole("row")
    .filter({ has: page.getByRole("link", { name: title, exact: true }) });

/** Goes to a tab of the queue's page, and waits for what it shows. */
export async function showTab(page: Page, name: "Tasks" | "Lanes" | "Charts"): Promise<void> {
  const tab = page.getByRole("navigation", { name: "Queue" }).getByRole("link", { name });
  await tab.click();
  await expect(tab).toHaveAttribute("aria-current", "page");
}

/** Sets a limit where it stands, as a person does. */
export async function setLimit(page: Page, label: string, value: string): Promise<void> {
  const table = lanesTable(page);
  await table.getByRole("button", { name: new RegExp(`^${label}: `) }).click();
  const field = table.getByLabel(label, { exact: true });
  await field.fill(value);
  await field.press("Enter");
  await expect(table.getByRole("button", { name: `${label}: ${value}, change` })).toBeVisible();
}

/** Sets so many starts a minute where they stand. */
export async function setRate(page: Page, place: string, starts: number): Promise<void> {
  const table = lanesTable(page);
  const label = `Rate of ${place}`;
  await table.getByRole("button", { name: `${label}: none, change` }).click();
  const field = page.getByLabel(`${label}: starts`);
  await field.fill(String(starts));
  await field.press("Enter");
  await expect(table.getByRole("button", { name: `${label}: ${starts} starts a minute, change` })).toBeVisible();
}

type Held = { lane: string; attempt: TaskAttempt };

/** Fails where more attempts held a slot at one moment than a limit allows, by when they were given it and gave it back. */
export function expectWithin(
  held: readonly Held[],
  limits: { of: (lane: string) => boolean; max: number; name: string }[],
) {
  for (const { of, max, name } of limits) {
    const own = held.filter(({ lane }) => of(lane));
    for (const { attempt } of own) {
      const atMs = Date.parse(attempt.dispatchedAt);
      const together = own.filter(({ attempt: other }) => {
        const endMs = other.endedAt === null ? Number.POSITIVE_INFINITY : Date.parse(other.endedAt);
        return Date.parse(other.dispatchedAt) <= atMs && atMs < endMs;
      });
      expect(together.length, `${name} at ${attempt.dispatchedAt}`).toBeLessThanOrEqual(max);
    }
  }
}

/** Fails where two attempts of one task lived at once, or one is without an end. */
export function expectOneAtATime(attempts: readonly TaskAttempt[]): void {
  let endedMs = 0;
  for (const attempt of attempts) {
    expect(Date.parse(attempt.dispatchedAt), `attempt ${attempt.attempt} begins after the last`).toBeGreaterThanOrEqual(
      endedMs,
    );
    expect(attempt.endedAt, `attempt ${attempt.attempt} has ended`).not.toBeNull();
    endedMs = Date.parse(attempt.endedAt ?? "");
  }
}
