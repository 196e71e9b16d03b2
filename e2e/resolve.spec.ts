import { EVERY_LOOK, expect, lookInAll, newSignedIn, ready, test } from "./fixtures";
import { apiOf } from "./queue-stories";
import { newSession, say, sessionOf } from "./stories";

type Item = Record<"id" | "attemptId" | "runnerId", string>;

test("an id from a log is enough to find its record, of whatever kind", async ({ browser, shared }) => {
  const page = await newSignedIn(browser, shared);
  await newSession(page, { profile: "demo", message: "Say hello" });
  const sessionId = sessionOf(page);
  const { origin } = new URL(page.url());
  const events = async () => {
    const trace = await page.request.get(`/api/v1/sessions/${sessionId}/trace`);
    return (await trace.json()).items as { id: string; seq: number; runId: string }[];
  };
  await expect.poll(async () => (await events()).length, { timeout: 60_000 }).toBeGreaterThan(0);
  const [first] = await events();
  await page.goto(`/r/${first?.id}`);
  await ready(page);
  await expect(page).toHaveURL(new RegExp(`/runs/${first?.runId}\\?tab=events#e1$`));
  await expect(page.getByText(first?.id ?? "", { exact: true })).toBeVisible();

  const api = apiOf(page.request, origin);
  const firstOf = async (path: string): Promise<Item> => {
    const found: Item[] = [];
    const find = async () => found.push(...((await api.get(path)) as { items: Item[] }).items);
    await expect.poll(find, { message: path, timeout: 60_000 }).not.toBe(0);
    return found[0] as Item;
  };
  const { runId } = first as { runId: string };
  const command = await firstOf(`/runs/${runId}/commands`);
  const job = await firstOf(`/runs/${runId}/runner-jobs`);
  const call = await firstOf(`/usage/calls?runId=${runId}`);
  const audited = await firstOf("/audit?limit=1");
  const view = (await api.post("/views", { page: "runs", name: "Failed ones", query: "status:failed" })) as Item;
  const ofJob = new RegExp(`/runs/${runId}\\?tab=job&attempt=${job.attemptId}$`);
  for (const [id, address] of [
    [runId, new RegExp(`/runs/${runId}$`)],
    [sessionId, new RegExp(`/sessions/${sessionId}$`)],
    [command.id, new RegExp(`/runs/${runId}$`)],
    [call.id, new RegExp(`/runs/${runId}$`)],
    [job.id, ofJob],
    [job.attemptId, ofJob],
    [job.runnerId, new RegExp(`/runners/${job.runnerId}$`)],
    [audited.id, new RegExp(`/audit\\?id=${audited.id}$`)],
    [view.id, /\/runs\?status=failed$/],
  ] as const) {
    await page.goto(`/r/${id}`);
    await expect(page, id).toHaveURL(address);
    await expect(page.getByText("Page not found"), id).toHaveCount(0);
  }

  await test.step("a session is found by what was said in it, in the palette and on a page of its own", async () => {
    const found = async () => ((await api.get("/sessions/search?text=say+hel")) as { items: Item[] }).items.length;
    await expect.poll(found, { timeout: 60_000 }).toBeGreaterThan(0);
    await page.goto("/sessions");
    await ready(page);
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").fill("say hel");
    const group = page.getByRole("group", { name: "In conversations" });
    await expect(group.getByRole("option").first()).toContainText("Say hello");
    await lookInAll(page, EVERY_LOOK, "palette-conversations");
    await group.getByRole("option", { name: "See all results" }).click();
    await expect(page).toHaveURL(/\/sessions\/search\?q=say\+hel$/);
    const hit = page
      .getByRole("list", { name: "Messages" })
      .getByRole("link", { name: /Say hello/ })
      .first();
    await expect(hit.locator("mark").first()).toHaveText("Say");
    await lookInAll(page, EVERY_LOOK, "search-conversations");
    await hit.click();
    await expect(page).toHaveURL(new RegExp(`/sessions/${sessionId}\\?run=${runId}&at=\\d+$`));
    const message = page.locator("#found-message");
    await expect(message).toContainText("Say hello");
    await expect(message).toBeInViewport();
    await lookInAll(page, EVERY_LOOK, "found-message");
    await say(page, "Say goodbye");
    await expect(page, "whoever sends reads what comes of it").toHaveURL(new RegExp(`/sessions/${sessionId}$`));
    await page.goto(`/sessions/${sessionId}?run=run_nobody&at=1`);
    await expect(page.getByText("This message is no longer there.")).toBeVisible();
    await page.getByRole("button", { name: "Session actions" }).click();
    await page.getByRole("menuitem", { name: "Search this session" }).click();
    await expect(page).toHaveURL(new RegExp(`/sessions/search\\?session=${sessionId}$`));
    await page.goto("/sessions?search=narwhal");
    await ready(page);
    await page.getByRole("link", { name: "Search conversations for “narwhal”" }).click();
    await expect(page.getByText("No matching messages")).toBeVisible();
    await page.getByRole("searchbox", { name: "Search conversations" }).fill("");
    await expect(page.getByText("Find a session by what was said in it")).toBeVisible();
    await lookInAll(page, EVERY_LOOK, "search-conversations-empty");
  });

  const enqueue = async (more: Record<string, unknown>) => {
    const data = { title: "Nightly tidy-up", backendProfile: "demo", payload: {}, ...more };
    const answer = await page.request.post("/api/v1/queue/tasks", { data, headers: { origin } });
    return (await answer.json()).id as string;
  };
  const taskId = await enqueue({ sessionId });
  await page.goto(`/r/${taskId}`);
  await expect(page).toHaveURL(new RegExp(`/queue/${taskId}$`));
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Nightly tidy-up");
  for (const id of ["evt_nobody", "att_nobody", "mc_nobody", "view_nobody", "ask_nobody"]) {
    await page.goto(`/r/${id}`);
    await expect(page.getByText("Page not found"), id).toBeVisible();
  }
  await page.context().close();
});
