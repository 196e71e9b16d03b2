import type { Locator, Page } from "@playwright/test";
import { expect, expectEveryLook, look, ready, signIn, test } from "./fixtures";
import { Product } from "./product";
import { type Api, apiOf, openPage } from "./queue-stories";

type Approval = { id: string; sessionId: string; command: string };

/** Has the demo agent ask for a command in a session of its own; answers when it is asked for. */
async function ask(api: Api, sessionId: string): Promise<Approval> {
  await api.post("/sessions", { backendProfile: "demo", sessionId, title: `Work of ${sessionId}` });
  // Its runner does not end in the middle of what is looked at.
  const id = await api.run(sessionId, { executionPolicy: { turnTimeoutMs: 3_600_000, idleTimeoutMs: 600_000 } });
  await api.post(`/runs/${id}/commands`, { type: "turn", payload: { text: `ASK \`echo ${sessionId}\`` } });
  const found: Approval[] = [];
  await expect
    .poll(
      async () => {
        const { items } = (await api.get(`/approvals?status=pending&runId=${id}`)) as { items: Approval[] };
        found.push(...items);
        return items.length;
      },
      { timeout: 120_000 },
    )
    .toBe(1);
  const [approval] = found;
  if (approval === undefined) throw new Error(`${sessionId} asks for nothing`);
  return approval;
}

const decide = (api: Api, { id }: Approval, decision: string, reason?: string) =>
  api.post(`/approvals/${id}/decide`, { decision, ...(reason === undefined ? {} : { reason }) });
const requests = (page: Page): Locator => page.locator("li[data-row]");
const topOf = async (row: Locator) => (await row.boundingBox())?.y;

test("requests are answered from the oldest on, and none slides under a hand", async ({ browser, watchPage }) => {
  test.setTimeout(600_000);
  await using product = await Product.start();
  const context = await browser.newContext({ baseURL: product.url });
  const page = await context.newPage();
  watchPage(page);
  await signIn(page, product);
  const api = apiOf(page.request, new URL(page.url()).origin);

  await test.step("an overview that was opened before anything began follows what happens", async () => {
    await openPage(page, "/");
    await expect(page.getByRole("heading", { name: "First steps" })).toBeVisible();
    await expect(page.getByRole("status", { name: "Connection: Live" }).first()).toBeAttached();
    await api.post("/sessions", { backendProfile: "demo", sessionId: "zero", title: "Work of zero" });
    const id = await api.run("zero");
    await api.post(`/runs/${id}/commands`, { type: "turn", payload: { text: "Say hello" } });
    const panel = (name: string) =>
      page.locator("section").filter({ has: page.getByRole("heading", { name, exact: true }) });
    await expect(panel("Unread").getByRole("link", { name: "Work of zero" })).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole("heading", { name: "First steps" })).toHaveCount(0);
    await expect(page.getByText("Nothing needs you"), "it is unread").toHaveCount(0);
    await api.post(`/runs/${id}/cancel`);
    await expect(panel("Active sessions"), "nothing stays that has ended").toHaveCount(0, {
      timeout: 60_000,
    });
  });

  const first = await ask(api, "one");

  await test.step("on the overview another waits behind its pill, and nothing moves", async () => {
    await openPage(page, "/");
    const panel = page.locator("section").filter({ hasText: "Waiting for approval" });
    await expect(panel.getByRole("link", { name: "Work of one" })).toBeVisible();
    await expect(panel.getByText(/expires in/)).toBeVisible();
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    const tiles = page.getByText("Active runs");
    const before = await topOf(tiles);
    await ask(api, "two");
    const pill = page.getByRole("button", { name: "1 new request" });
    await expect(pill).toBeVisible();
    await expect(requests(page).filter({ has: page.getByRole("article") })).toHaveCount(1);
    expect(await topOf(tiles)).toBe(before);
    await pill.click();
    await expect(panel.getByRole("link", { name: "Work of two" })).toBeVisible();
    await expect(requests(page).nth(0)).toContainText("Work of one");
    await expect(requests(page).nth(1)).toContainText("Work of two");
    await look(page, "overview-approvals");
  });

  await test.step("the list of runs says which of them need approval", async () => {
    await openPage(page, "/runs");
    const row = page.getByRole("table", { name: "Runs" }).getByRole("row").filter({ hasText: "Work of one" });
    await expect(row).toContainText("Needs approval");
  });

  await test.step("in the inbox the oldest stands first, and a filter narrows it", async () => {
    await openPage(page, "/approvals");
    await expect(requests(page)).toHaveCount(2);
    await expect(requests(page).nth(0)).toContainText("Work of one");
    await look(page, "approvals-inbox");
    await page.getByLabel("Type").selectOption("file_change");
    await expect(page.getByText("No matching requests")).toBeVisible();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await expect(requests(page)).toHaveCount(2);
    const search = page.getByRole("combobox", { name: "Search approvals" });
    await search.fill("kind:file_change");
    await search.press("Enter");
    await expect(page).toHaveURL(/kind=file_change/);
    await expect(page.getByText("No matching requests")).toBeVisible();
    await page.getByRole("button", { name: /^kind: file_change/ }).click();
    await expect(requests(page)).toHaveCount(2);
    await requests(page).nth(0).getByRole("button", { name: "default" }).click();
    await expect(page).toHaveURL(/project=default/);
    await expect(requests(page)).toHaveCount(2);
    await page.getByRole("button", { name: /^project: default/ }).click();
    // The chips take room above the requests, which is read next.
    await expect(page.getByRole("button", { name: /^project: default/ })).toHaveCount(0);
    await expect(page).not.toHaveURL(/project=/);
    await expect(requests(page)).toHaveCount(2);
  });

  await test.step("a press that was meant for one that has gone answers nothing", async () => {
    const accept = requests(page).nth(0).getByRole("button", { name: "Accept", exact: true });
    const box = await accept.boundingBox();
    if (box === null) throw new Error("the button has no place");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await decide(api, first, "decline", "not in this repository");
    await expect(requests(page)).toHaveCount(1);
    await page.mouse.down();
    await page.mouse.up();
    await expect(page.getByText("The requests moved.")).toBeVisible();
    await expect(requests(page)).toHaveCount(1);
    const answers: string[] = [];
    page.on("request", (request) => answers.push(...(request.url().match(/approvals\.decide/g) ?? [])));
    // Twice before anything can be drawn: the second sends nothing.
    await accept.evaluate((button: HTMLElement) => {
      button.click();
      button.click();
    });
    await expect(page.getByText("No approvals waiting")).toBeVisible();
    expect(answers).toHaveLength(1);
  });

  await test.step("what was answered tells the reason", async () => {
    await expect
      .poll(async () => ((await api.get("/approvals?status=applied")) as { items: unknown[] }).items.length)
      .toBe(2);
    await openPage(page, "/approvals?status=applied");
    await requests(page).filter({ hasText: "Work of one" }).getByText("echo one", { exact: true }).click();
    await expect(page.getByText("Reason: not in this repository")).toBeVisible();
  });

  await test.step("on the page of a run c cancels it, and where it is over says so", async () => {
    const { items } = (await api.get("/runs?sessionId=two")) as { items: { id: string }[] };
    await openPage(page, `/runs/${items[0]?.id}`);
    await page.keyboard.press("c");
    const dialog = page.getByRole("alertdialog").or(page.getByRole("dialog"));
    await expect(dialog).toContainText("Cancel run");
    await expect(dialog.getByLabel("Reason")).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    await expect(page).toHaveURL(/\/runs\//);
    const runner = page.getByRole("table", { name: "Attempts" }).getByRole("link").first();
    await page.getByRole("table", { name: "Attempts" }).getByText("Details").click();
    await expect(page.getByRole("table", { name: "Attempts" }).getByText("Namespace")).toBeVisible();
    await look(page, "run-attempts");
    await runner.click();
    await expect(page).toHaveURL(/\/runners\//);
    await expect(page.getByRole("heading", { name: /Runner runner_/ })).toBeVisible();
    await page.keyboard.press("c");
    await expect(dialog).toContainText("Kill runner");
    await page.keyboard.press("Escape");
  });

  await test.step("what operators did last stands on the overview", async () => {
    await openPage(page, "/");
    const feed = page.locator("section").filter({ hasText: "Recent operator activity" });
    await expect(feed.getByTitle("commands.create").first()).toBeVisible();
    await expect(page.getByText("Run outcomes")).toBeVisible();
    await expect(page.getByText("Live and busy runners")).toBeVisible();
  });

  await test.step("a part of the time is chosen in one picture, by mouse or keys, and is shown by all of them", async () => {
    const slider = (title: string) => page.getByRole("slider", { name: `${title}, point by point` });
    const [outcomes, alive] = [slider("Run outcomes"), slider("Live and busy runners")];
    const steps = async (of: Locator) => Number(await of.getAttribute("aria-valuemax")) + 1;
    const all = await steps(outcomes);
    await outcomes.scrollIntoViewIfNeeded();
    // What takes a part is loaded once somebody points.
    await expect(async () => {
      const box = await outcomes.boundingBox();
      if (box === null) throw new Error("the picture is not shown");
      const y = box.y + box.height / 2;
      await page.mouse.move(box.x + box.width * 0.7, y);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.8, y, { steps: 3 });
      await page.mouse.move(box.x + box.width * 0.97, y, { steps: 3 });
      await page.mouse.up();
      await expect(page).toHaveURL(/part=/, { timeout: 1_000 });
    }).toPass();
    await expect.poll(() => steps(outcomes)).toBeLessThan(all / 2);
    await expect(page.getByText(/^Showing .* to /)).toBeVisible();
    await expect(page.getByLabel("Charts from")).toBeVisible();
    await look(page, "overview-part");
    await page.reload();
    await ready(page);
    await expect.poll(() => steps(outcomes)).toBeLessThan(all / 2);
    await page.getByRole("button", { name: "Show the last day" }).click();
    await expect(page).not.toHaveURL(/part=/);
    await expect.poll(() => steps(outcomes)).toBe(all);

    await alive.press("End");
    await expect(async () => {
      await alive.press("Shift+ArrowLeft");
      await alive.press("Shift+ArrowLeft");
      await expect(page.getByRole("status").filter({ hasText: /: press Enter to zoom$/ })).toBeAttached({
        timeout: 1_000,
      });
    }).toPass();
    await alive.press("Enter");
    await expect(page).toHaveURL(/part=/);
    await expect(page.getByText(/^Showing .* to /)).toBeVisible();
    await page.goBack();
    await expect(page).not.toHaveURL(/part=/);
    await openPage(page, "/queue?view=charts&part=2020-01-01T00:00Z/2020-01-01T01:00Z");
    await expect(page.getByText("No data for this time range.")).toBeVisible();
    await page.getByRole("button", { name: "Reset zoom" }).click();
    await expect(page.getByText(/^No queue activity in the last/)).toBeVisible();
    await expect(page).not.toHaveURL(/part=/);
    await page.getByRole("button", { name: "Between…" }).click();
    await expect(page).toHaveURL(/part=/);
    await look(page, "queue-part");
    await page.getByRole("button", { name: "1 h", exact: true }).click();
    await expect(page).not.toHaveURL(/part=/);
    await openPage(page, "/");
  });

  await test.step("all of it is accessible, and fits", async () => {
    await ask(api, "three");
    await expect.poll(() => requests(page).count()).toBeGreaterThan(0);
    const signedIn = { product, storageState: await context.storageState() };
    await expectEveryLook(browser, signedIn, { address: "/", name: "inbox-overview" });
    await expectEveryLook(browser, signedIn, { address: "/approvals", name: "inbox-approvals" });
    const hour = [Date.now() - 3_600_000, Date.now()].map((ms) => new Date(ms).toISOString()).join("/");
    await expectEveryLook(browser, signedIn, { address: `/?part=${hour}`, name: "overview-part" });
  });
  await context.close();
});
