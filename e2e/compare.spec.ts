import { expect, expectEveryLook, LOOKS, look, lookInAll, openSignedIn, productOfFile, ready, test } from "./fixtures";
import { conversation, endRuns, newSession, say, sessionOf } from "./stories";

const at = productOfFile();

test("two sessions with the same task are compared: facts, turns, files and time, by keys alone", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(300_000);
  const page = await openSignedIn(browser, at, "/sessions");
  watchPage(page, { expectedErrors: /404/ });

  await test.step("one writes a file and fails a command, the other writes a file", async () => {
    await newSession(page, { profile: "demo", message: "Please write a file" });
    await expect(conversation(page)).toContainText("was written and then improved", { timeout: 60_000 });
    await say(page, "RUN `false`");
    await expect(conversation(page)).toContainText("exit 1", { timeout: 60_000 });
  });
  const left = sessionOf(page);
  await endRuns(page);
  await newSession(page, { profile: "demo", message: "Please write a file" });
  await expect(conversation(page)).toContainText("was written and then improved", { timeout: 60_000 });
  const right = sessionOf(page);

  await test.step("from one's page the other is found by its id, with keys", async () => {
    await page.keyboard.press("Escape");
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press("=");
    const picker = page.getByRole("dialog", { name: "Compare with another session" });
    await picker.getByRole("combobox").fill(left);
    await expect(picker.locator(`[role=option][data-value="${left}"][aria-selected=true]`)).toBeVisible();
    await expect(picker.getByRole("option")).toHaveCount(1);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(`/compare?left=${right}&right=${left}`);
  });

  const facts = page.getByRole("table", { name: "Summary" });
  const row = (name: string) =>
    facts.getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) });
  await test.step("sides are swapped, and what differs is marked in words", async () => {
    await expect(facts).toBeVisible();
    await page.keyboard.press("w");
    await expect(page).toHaveURL(`/compare?left=${left}&right=${right}`);
    await expect(row("Turns").getByRole("cell")).toHaveText(["2", "1", "2× more (left)"], { useInnerText: true });
    await expect(row("Profile").getByRole("cell").last()).toHaveText("same");
    await expect(row("Non-zero exit codes").getByRole("cell")).toHaveText(["1 (1×)", "None", "different"], {
      useInnerText: true,
    });
    await expect(row("Changed files").getByRole("cell").first()).toContainText("1 file");
  });

  await test.step("turn stands beside turn, and the longer side goes on alone", async () => {
    const turns = page.getByRole("list", { name: "Turns" });
    await expect(turns.getByRole("heading", { name: /^Turn 1\b.*same message/ })).toBeVisible();
    await expect(turns.getByRole("heading", { name: /^Turn 2\b.*only left/ })).toBeVisible();
    const first = page.getByRole("article", { name: "Right, turn 1" });
    await expect(first).toContainText("Please write a file");
    await expect(first).toContainText("was written and then improved");
    await expect(page.getByRole("article", { name: "Left, turn 2" })).toContainText("exit 1 (1×)");
  });

  await test.step("a turn that is asked meanwhile is there by itself", async () => {
    const other = await openSignedIn(browser, at, `/sessions/${right}`);
    await say(other, "RUN `echo third`");
    await expect(page.getByRole("article", { name: "Right, turn 2" })).toContainText("Completed", { timeout: 60_000 });
    await expect(page.getByRole("heading", { name: /^Turn 2\b.*different messages/ })).toBeVisible();
    await endRuns(other);
    await other.context().close();
  });

  await test.step("a file leads to its diff", async () => {
    await page.getByRole("link", { name: "Left: diff of hello.py" }).click();
    await expect(page).toHaveURL(`/sessions/${left}?tab=changes&file=hello.py`);
    await expect(page.getByRole("group", { name: "Changes to hello.py" })).toBeInViewport();
    await page.goBack();
    await expect(facts).toBeVisible();
  });

  await test.step("time is counted from each one's own beginning, or by the clock", async () => {
    await page.getByRole("button", { name: "By clock time" }).click();
    await expect(page).toHaveURL(/from=clock/);
    await page.getByRole("article", { name: "Right, turn 2" }).scrollIntoViewIfNeeded();
    await lookInAll(page, LOOKS, "compare-clock");
  });

  await test.step("a run's id leads to its session; what is not there, and the same twice, are said", async () => {
    const answer = await page.request.get(`/api/v1/runs?sessionId=${left}`);
    const [run] = (await answer.json()).items as { id: string }[];
    await page.goto(`/compare?left=${run?.id}&right=${right}`);
    await expect(page).toHaveURL(`/compare?left=${left}&right=${right}`);
    await page.goto(`/compare?left=${left}&right=${left}`);
    await expect(page.getByText("Both sides show the same session")).toBeVisible();
    await look(page, "compare-same");
    await page.goto(`/compare?left=${left}&right=ses_nobody`);
    await ready(page);
    const missing = page.getByRole("region", { name: "Right session" });
    await expect(missing.getByRole("alert")).toContainText("there is no session ses_nobody");
    await missing.getByRole("button", { name: "Change" }).click();
    const picker = page.getByRole("dialog", { name: "Choose the right session" });
    await picker.getByRole("combobox").fill(right);
    await expect(picker.locator(`[role=option][data-value="${right}"][aria-selected=true]`)).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(`/compare?left=${left}&right=${right}`);
  });

  await test.step("two that are chosen in the list are compared", async () => {
    await page.goto("/sessions?state=all");
    await ready(page);
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.keyboard.press("J");
    await page.getByRole("toolbar").getByRole("button", { name: "Compare" }).click();
    await expect(page).toHaveURL(`/compare?left=${right}&right=${left}`);
    await expect(facts).toBeVisible();
  });

  await expectEveryLook(browser, at, { address: `/compare?left=${left}&right=${right}`, name: "compare" });
  await page.context().close();
});

test("a session's page: failures are jumped to, a part of its time leads to its events, and who did what is told", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(180_000);
  const page = await openSignedIn(browser, at, "/sessions");
  watchPage(page);
  await newSession(page, { profile: "demo", message: "RUN `false`" });
  await expect(conversation(page)).toContainText("exit 1", { timeout: 60_000 });
  // Of a second the last size of the volume is kept: the two turns end in different ones.
  await say(page, "RUN `sleep 1; echo $((40 + 2))`");
  await expect(conversation(page)).toContainText("42", { timeout: 60_000 });
  const base = `/sessions/${sessionOf(page)}`;

  await test.step("`]` goes to a failure and opens it, and the address names it", async () => {
    await page.goto(`${base}?tab=trace`);
    await ready(page);
    await expect(page.getByText("1 failure", { exact: true })).toBeVisible();
    await page.keyboard.press("]");
    await expect(page).toHaveURL(/#e\d+$/);
    await expect(page.locator(":focus")).toContainText("exit 1");
    await look(page, "trace-failure");
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download matching events as NDJSON" }).click();
    expect((await download).suggestedFilename()).toMatch(/^run_.*\.ndjson$/);
  });

  await test.step("what a timeline shows of a run is narrowed to in its events", async () => {
    await page.goto(`${base}?tab=timeline`);
    await ready(page);
    await page.getByRole("button", { name: "Zoom in" }).click();
    await page.getByRole("link", { name: "Events in this range" }).click();
    await expect(page).toHaveURL(/tab=trace.*from=\d+&to=\d+#e\d+$/);
    await expect(page.getByText(/^\d+ of \d+ events$/)).toBeVisible();
    await page.getByRole("button", { name: "Clear time range" }).click();
    await expect(page.getByText(/^\d+ events$/)).toBeVisible();
  });

  await test.step("what the volume held turn by turn, and who did what to the session", async () => {
    await page.goto(`${base}?tab=storage`);
    await expect(page.getByRole("img", { name: /^\S+ \S+ to .*, measured \d+ times since / })).toBeVisible({
      timeout: 30_000,
    });
    await lookInAll(page, LOOKS, "session-storage-growth");
    await page.goto(`${base}?tab=audit`);
    const created = page
      .getByRole("table", { name: "Audit" })
      .getByRole("row")
      .filter({ has: page.getByTitle(/^sessions\.create:/) });
    await expect(created).toHaveCount(1);
    await look(page, "session-audit");
  });
  await endRuns(page);
  await page.context().close();
});
