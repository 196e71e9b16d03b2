import type { Locator, Page } from "@playwright/test";
import type { TaskAttempt } from "@/contract/queue";
import { pngOf } from "@/contract/test/images";
import {
  byDevice,
  expect,
  LOOKS,
  look,
  lookInAll,
  newSignedIn,
  optionsOf,
  PAGE_LOOKS,
  peekOf,
  productOfFile,
  test,
} from "./fixtures";
import { waitUntil } from "./product";
import {
  apiOf,
  expectOneAtATime,
  expectWithin,
  lanesTable,
  openPage,
  rowOf,
  setLimit,
  setRate,
  showTab,
  tasksTable,
} from "./queue-stories";

/** Nobody else's command line has it. */
const LONG_COMMAND = "sleep 35791";
const GRAPH = { name: /^Tasks by their steps/ };
const LIMITS = { build: 1, docs: 2, whole: 3 } as const;

// One product for the three, in this order: each leaves the queue as the next expects it.
const signedIn = productOfFile();

test("ten tasks in three lanes go by their order and limits, whatever a person does and whoever is killed", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(900_000);
  const { product } = signedIn;
  const page = await newSignedIn(browser, signedIn);
  watchPage(page, { expectedErrors: /status of 400/ });
  const api = apiOf(page.request, product.url);
  const ids = new Map<string, string>();
  const lanes = new Map<string, string>();
  const add = async (lane: string, title: string, text = "Say hello", more = {}) => {
    ids.set(title, await api.add({ lane, title, payload: { text }, ...more }));
    lanes.set(title, lane);
  };
  const idOf = (title: string) => ids.get(title) ?? "";
  const stateOf = async (title: string) => (await api.task(idOf(title))).state;
  const attemptsOf = (title: string): Promise<TaskAttempt[]> => api.attempts(idOf(title));

  await test.step("a task is added by hand, and what is wrong with it is said in its place", async () => {
    await api.post("/queue/controls/pause", { queue: "default", reason: "until all are there" });
    await openPage(page, "/queue");
    await expect(page.getByText("No waiting tasks", { exact: true })).toBeVisible();
    await page.keyboard.press("n");
    const dialog = page.getByRole("dialog", { name: "Add task" });
    await dialog.getByLabel("Lane").fill("not a name");
    await dialog.getByRole("button", { name: "Add task" }).click();
    await expect(dialog.getByLabel("Title")).toHaveAttribute("aria-invalid", "true");
    await expect(dialog.getByLabel("Lane")).toHaveAttribute("aria-invalid", "true");
    await dialog.getByLabel("Title").fill("build one");
    await dialog.getByLabel("Prompt").fill("Say hello");
    await dialog.getByLabel("Lane").fill("build");
    await dialog.getByRole("button", { name: "Preview" }).click();
    const trial = dialog.getByRole("region", { name: "Preview" });
    await expect(trial).toContainText("Waits");
    await expect(trial).toContainText("Paused: until all are there");
    await expect(trial).toContainText("1st in build");
    await look(page, "queue-trial");
    expect((await api.get("/queue/tasks?lane=build")) as object).toMatchObject({ items: [] });
    await dialog.getByLabel("Title").fill("build one now");
    await expect(trial).toBeHidden();
    await dialog.getByLabel("Title").fill("build one");
    await dialog.locator("input[type=file]").setInputFiles([
      { name: "bug.png", mimeType: "image/png", buffer: pngOf(240, 160) },
      { name: "notes.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF") },
    ]);
    await expect(dialog.getByRole("img", { name: "bug.png" })).toBeVisible();
    await expect(dialog.getByText("notes.pdf: this is no image")).toBeVisible();
    await lookInAll(page, LOOKS, "queue-add-image");
    await dialog.getByRole("button", { name: "Add task" }).click();
    await expect(dialog).toBeHidden();
    await expect(rowOf(page, "build one")).toContainText("until all are there");
    const href = await rowOf(page, "build one").getByRole("link").first().getAttribute("href");
    ids.set("build one", href?.split("/").at(-1) ?? "");
    lanes.set("build one", "build");
    await page.goto(href ?? "");
    const shown = page.getByRole("list", { name: "Images" }).getByRole("img", { name: "bug.png" });
    await expect.poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(240);
    await lookInAll(page, PAGE_LOOKS, "task-image");
    await openPage(page, "/queue");
  });

  await test.step("nine more come by the API, and show by themselves", async () => {
    for (const title of ["build two", "build three", "build four"]) await add("build", title);
    for (const title of ["docs one", "docs two", "docs three"]) await add("docs", title);
    await add("review", "review one", `RUN \`${LONG_COMMAND}\``);
    await add("review", "review two", "Please fail");
    await add("review", "review three");
    await expect(tasksTable(page).locator("tbody").getByRole("row")).toHaveCount(10);
    await showTab(page, "Lanes");
    await expect(lanesTable(page).getByRole("row").filter({ hasText: "review" })).toContainText("3");
  });

  await test.step("limits are set where they stand", async () => {
    await setLimit(page, "Max running in default / build", String(LIMITS.build));
    await setLimit(page, "Max running in default / docs", String(LIMITS.docs));
    await setLimit(page, "Max running in default", String(LIMITS.whole));
    await setRate(page, "default / docs", 10);
    await showTab(page, "Tasks");
  });

  await test.step("the last of a lane is made its first by keys, and a press too many is taken back", async () => {
    await rowOf(page, "build four").getByRole("link").first().focus();
    for (let presses = 0; presses < 5; presses += 1) await page.keyboard.press("+");
    await expect(page.getByText(/Priority \d → 5: build four/)).toBeVisible();
    await expect.poll(async () => (await api.task(idOf("build four"))).priority).toBe(5);
    await expect(tasksTable(page).locator("tbody").getByRole("row").first()).toContainText("build four");
    await rowOf(page, "docs three").getByRole("button", { name: "Lower docs three" }).click();
    await page.getByText("Priority 0 → -1: docs three").waitFor();
    await page
      .locator("[data-sonner-toast]")
      .filter({ hasText: "Priority 0 → -1: docs three" })
      .getByRole("button", { name: "Undo" })
      .click();
    await expect.poll(async () => (await api.task(idOf("docs three"))).priority).toBe(0);
  });

  await test.step("a lane is paused by a key, and the queue goes on", async () => {
    await rowOf(page, "review three").getByRole("link").first().focus();
    await page.keyboard.press("p");
    const why = page.getByRole("dialog", { name: "Pause default / review" });
    await why.getByLabel("Reason").fill("the reviewers are away");
    await page.keyboard.press("Control+Enter");
    await expect(why).toBeHidden();
    await showTab(page, "Lanes");
    const review = lanesTable(page).getByRole("row").filter({ hasText: "review" });
    await expect(review).toContainText("Paused");
    const undo = (said: string) =>
      page.locator("[data-sonner-toast]").filter({ hasText: said }).getByRole("button", { name: "Undo" });
    await page.getByRole("button", { name: "Resume default / review" }).first().click();
    await expect(review).not.toContainText("Paused");
    await undo("Resumed: default / review").click();
    await expect(review).toContainText("Paused");
    const controls = (await api.get("/queue/controls")) as { items: { lane: string | null; reason: string | null }[] };
    expect(controls.items.find(({ lane }) => lane === "review")?.reason).toBe("the reviewers are away");
    // What was told of the limit before goes once no pointer rests on it.
    await page.mouse.move(1, 1);
    await expect(undo("Limits of default / docs changed")).toHaveCount(0);
    await setLimit(page, "Max running in default / docs", "7");
    await undo("Limits of default / docs changed").click();
    await expect(
      lanesTable(page).getByRole("button", { name: `Max running in default / docs: ${LIMITS.docs}, change` }),
    ).toBeVisible();
    await page.getByRole("button", { name: "Resume default", exact: true }).first().click();
    await showTab(page, "Tasks");
    await expect(rowOf(page, "build three")).toContainText(/Lane build is at its limit|Queue default is at its limit/);
  });

  await test.step("the worker is killed in the middle, and every open task of the two lanes ends all the same", async () => {
    await expect.poll(() => stateOf("build four"), { timeout: 120_000 }).not.toBe("pending");
    await expect
      .poll(async () => (await attemptsOf("build four"))[0]?.startedAt ?? null, { timeout: 120_000 })
      .not.toBeNull();
    await product.killWorker();
    for (const title of ["build four", "build one", "build two", "build three", "docs one", "docs two", "docs three"])
      await expect.poll(() => stateOf(title), { timeout: 300_000, message: title }).toBe("completed");
    for (const title of ["review one", "review two", "review three"]) expect(await stateOf(title)).toBe("pending");
    // Its agent was shown the picture, whichever attempt ended it.
    const { runId } = await api.task(idOf("build one"));
    const log = await api.get(`/runs/${runId}/events?limit=500`);
    expect(JSON.stringify(log)).toContain("I see an image of 240 × 160 pixels (PNG).");
  });

  await test.step("the paused lane goes on, and says which agent does what", async () => {
    await page.getByRole("button", { name: "Resume default / review" }).first().click();
    await expect
      .poll(() => product.processes((command) => command.includes(LONG_COMMAND)).length, { timeout: 180_000 })
      .toBeGreaterThan(0);
    await openPage(page, `/queue/${idOf("review one")}`);
    await expect(page.getByRole("heading", { level: 1 })).toContainText("review one");
    await expect(page.getByRole("table", { name: "Attempts" })).toContainText("Running");
  });

  await test.step("one that runs is cancelled: its command is gone, and only then it is cancelled", async () => {
    await page.keyboard.press("c");
    const dialog = page.getByRole("dialog", { name: "Cancel task" });
    await dialog.getByLabel("Reason").fill("it takes too long");
    await dialog.getByRole("button", { name: "Cancel task" }).click();
    await expect(dialog).toBeHidden();
    await expect.poll(() => stateOf("review one"), { timeout: 120_000 }).toBe("cancelled");
    expect(product.processes((command) => command.includes(LONG_COMMAND))).toEqual([]);
    await expect(page.getByText("Cancelled: it takes too long")).toBeVisible();
  });

  await test.step("one that failed is retried, as a new attempt in its session", async () => {
    await expect.poll(() => stateOf("review two"), { timeout: 180_000 }).toBe("failed");
    await openPage(page, "/queue?state=failed");
    await expect(rowOf(page, "review two")).toContainText("Backend error");
    await rowOf(page, "review two").getByRole("link").first().focus();
    await page.keyboard.press("r");
    await expect(page.getByText("Queued again: review two")).toBeVisible();
    await expect
      .poll(async () => (await attemptsOf("review two")).filter(({ endedAt }) => endedAt !== null).length, {
        timeout: 180_000,
      })
      .toBe(2);
    const [first, second] = await attemptsOf("review two");
    expect(second?.sessionId).toBe(first?.sessionId);
    expect(second?.runId).not.toBe(first?.runId);
    await expect.poll(() => stateOf("review three"), { timeout: 180_000 }).toBe("completed");
  });

  await test.step("nothing ran twice or is lost, no limit was passed, and the order was that of the queue", async () => {
    const held: { lane: string; attempt: TaskAttempt }[] = [];
    for (const [title, lane] of lanes) {
      const attempts = await attemptsOf(title);
      expect(attempts, title).toHaveLength(title === "review two" ? 2 : 1);
      expectOneAtATime(attempts);
      held.push(...attempts.map((attempt) => ({ lane, attempt })));
    }
    expectWithin(held, [
      { name: "lane build", of: (lane) => lane === "build", max: LIMITS.build },
      { name: "lane docs", of: (lane) => lane === "docs", max: LIMITS.docs },
      { name: "queue default", of: () => true, max: LIMITS.whole },
    ]);
    const begun = async (titles: string[]) => {
      const first = await Promise.all(titles.map(async (title) => (await attemptsOf(title))[0]?.dispatchedAt ?? ""));
      return titles.toSorted((a, b) => (first[titles.indexOf(a)] ?? "").localeCompare(first[titles.indexOf(b)] ?? ""));
    };
    expect(await begun(["build one", "build two", "build three", "build four"])).toEqual([
      "build four",
      "build one",
      "build two",
      "build three",
    ]);
    expect(await begun(["docs three", "docs one", "docs two"])).toEqual(["docs one", "docs two", "docs three"]);
    await waitUntil(
      () => product.processes((command) => command.includes("codex")).length === 0,
      "every agent to be gone",
    );
  });
  await page.context().close();
});

test("the queue's pages and dialogs are accessible, in light and dark, and fit a phone", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(900_000);
  const { product, storageState } = signedIn;
  const first = await newSignedIn(browser, signedIn);
  watchPage(first);
  const api = apiOf(first.request, product.url);
  const failing = await api.add({ title: "one that fails", payload: { text: "Please fail" }, lane: "done" });
  await expect.poll(async () => (await api.task(failing)).state, { timeout: 120_000 }).toBe("failed");
  await api.post("/queue/controls", { queue: "default", lane: "full", maxRunning: 1 });
  await api.post("/queue/controls", { queue: "default", lane: "rated", startsMax: 1, startsWindowSeconds: 86_400 });
  await api.post("/queue/controls/pause", { queue: "default", lane: "paused", reason: "for a while" });
  for (const title of ["one of today", "one of tomorrow"]) await api.add({ title, lane: "rated" });
  const running = await api.add({ title: "one that runs", payload: { text: `RUN \`${LONG_COMMAND}\`` }, lane: "full" });
  await expect.poll(async () => (await api.task(running)).state, { timeout: 120_000 }).toBe("running");
  const waiting = await api.add({ title: "one that waits", lane: "full", metadata: { concurrencyKey: "repo" } });
  const long = "one that is paused, with a long title that does not fit into its place";
  const paused = await api.add({ title: long, lane: "paused" });
  const after = (...ids: string[]) => ({ lane: "later", dependsOn: ids.map((taskId) => ({ taskId })) });
  const behind = await api.add({ title: "one that comes after", ...after(paused) });
  const told = { ...after(failing), onDependencyFailed: "start", dependencyResults: "append" } as const;
  const informed = await api.add({ title: "told of a failure", ...told, lane: "told", payload: { text: "Hello." } });
  const held = await api.add({ title: "one that is held", ...after(failing, paused), dependencyResults: "append" });
  for (const looks of byDevice(LOOKS)) {
    const context = await browser.newContext({ baseURL: product.url, storageState, ...optionsOf(looks[0]) });
    const page = await context.newPage();
    watchPage(page);
    const check = (what: string) => lookInAll(page, looks, what);
    const closed = async () => {
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog")).toHaveCount(0);
    };
    await openPage(page, "/queue");
    await expect(rowOf(page, "one that waits")).toContainText("Lane full is at its limit (1): one that runs");
    await expect(rowOf(page, "one of tomorrow")).toContainText(/Lane rated allows 1 start a day, the next in \d+ h/);
    await expect(rowOf(page, "one that comes after")).toContainText(`Waiting for ${long}`);
    await expect(page.getByText("failed and blocks 1 task")).toBeVisible();
    await check("the queue");
    await showTab(page, "Lanes");
    const rate = lanesTable(page).getByRole("button", { name: "Rate of default / rated: 1 start a day, change" });
    await rate.click();
    await expect(page.getByLabel("Rate of default / rated: starts")).toBeFocused();
    await check("the lanes");
    await page.getByLabel("Rate of default / rated: starts").press("Escape");
    await expect(rate).toBeFocused();
    await showTab(page, "Charts");
    await expect(page.getByRole("region", { name: "Charts" }).getByRole("img")).toHaveCount(4);
    await page.getByRole("button", { name: "Waits by hour" }).click();
    const hours = page.getByRole("slider", { name: "Waits by hour, hour by hour" });
    await expect(page.getByRole("img", { name: /^Waits by hour over/ })).toBeVisible();
    await hours.press("End");
    await expect(page.locator("[data-chart-readout]")).toContainText("95th percentile");
    const sameDevice = byDevice(PAGE_LOOKS).find(([{ viewport }]) => viewport.width === looks[0].viewport.width);
    await lookInAll(page, sameDevice ?? looks, "waits by hour");
    await hours.press("End");
    await hours.press("Enter");
    await expect(page).toHaveURL(/hours=7d.*part=|part=.*hours=7d/);
    await expect(page.getByLabel("Charts from")).toBeVisible();
    await page.goBack();
    await expect(page).not.toHaveURL(/part=/);
    await expect(hours).toBeVisible();
    await showTab(page, "Tasks");
    await page.getByRole("button", { name: "Add task" }).first().click();
    await page.getByText("Session, timing and retries").click();
    const order = page.getByRole("dialog").getByLabel("Depends on");
    await order.first().fill("one that waits");
    await page
      .getByRole("list", { name: "Matching tasks" })
      .getByRole("button", { name: /one that waits/ })
      .click();
    await expect(page.getByRole("list", { name: "Depends on" })).toContainText("one that waits");
    await page.getByRole("checkbox", { name: /Include their results in the prompt/ }).check();
    await order.first().fill("one that");
    await expect(page.getByRole("list", { name: "Matching tasks" })).toContainText("one that runs");
    await check("the form of a task");
    await closed();
    for (const [keys, title] of [
      ["c", "Cancel task"],
      ["e", "Edit task"],
    ] as const) {
      await rowOf(page, "one that waits").getByRole("link").first().focus();
      await page.keyboard.press(keys);
      await expect(page.getByRole("dialog", { name: title })).toBeVisible();
      await check(title);
      await closed();
    }
    for (const [address, title, words] of [
      ["/queue?state=failed", "one that fails", "Why it failed: backend error"],
      ["/queue", "one that waits", "Lane full is at its limit (1)"],
    ] as const) {
      await openPage(page, address);
      const row = rowOf(page, title).getByRole("link").first();
      await row.focus();
      await page.keyboard.press("Space");
      const panel = peekOf(page, title);
      await expect(panel).toContainText(words);
      await check(`a look into ${title}`);
      await page.keyboard.press("Escape");
      await expect(panel).toBeHidden();
      await expect(row).toBeFocused();
    }
    await rowOf(page, "one that waits").getByRole("checkbox").check();
    for (const [button, title] of [
      ["Cancel…", "Cancel tasks"],
      ["Priority…", "Set priority"],
      ["Move…", "Move tasks"],
    ] as const) {
      await page.getByRole("toolbar", { name: "Selected tasks" }).getByRole("button", { name: button }).click();
      await expect(page.getByRole("dialog", { name: title })).toBeVisible();
      await check(title);
      await closed();
    }
    for (const [taskId, heading] of [
      [waiting, "Why it's waiting"],
      [running, "Run"],
      [failing, /Why it failed/],
      [behind, "Dependencies"],
      [held, "Dependency results"],
      [informed, "Dependency results"],
    ] as const) {
      await openPage(page, `/queue/${taskId}`);
      await expect(page.getByRole("heading", { name: heading, exact: true })).toBeVisible();
      if (taskId === behind || taskId === held) await expect(page.getByRole("list", GRAPH)).toBeVisible();
      await check(`the task's page with ${heading}`);
    }
    await expect.poll(async () => (await api.task(informed)).state, { timeout: 120_000 }).toBe("completed");
    await openPage(page, String((await api.task(informed)).sessionPath));
    await page.getByText("Results of earlier tasks").click();
    await expect(page.getByText(/I was told what came before: “1\. Task "one that fails"/)).toBeVisible();
    await check("a conversation in which results were handed over");
    await openPage(page, `/queue/${held}/graph`);
    await expect(page.getByRole("heading", { name: "Dependency graph of one that is held" })).toBeVisible();
    await stepOf(page, "one that fails").focus();
    await check("all before and after a task");
    await openPage(page, "/queue?search=nothing-like-it");
    await expect(page.getByText("No matching tasks")).toBeVisible();
    await check("an empty list");
    await context.close();
  }
  await openPage(first, `/queue/${held}/graph`);
  await test.step("a task is looked at among all before and after it, by the arrow keys, as they change", async () => {
    await expect(first.getByRole("list", GRAPH).getByRole("listitem")).toHaveCount(5);
    const own = stepOf(first, "one that is held");
    await expect(own).toHaveAttribute("aria-current", "true");
    await expect(own).toHaveAccessibleName(/held.*Dependency failed.*depends on .*one that fails/);
    await expect(first.getByRole("list", { name: "Blocked by" })).toContainText(
      "one that fails failed and blocks 1 task.",
    );
    await own.focus();
    await first.keyboard.press("ArrowLeft");
    await expect(own).not.toBeFocused();
    for (const key of ["ArrowUp", "ArrowUp", "ArrowDown"]) await first.keyboard.press(key);
    await expect(first.locator("[data-step]:focus")).not.toHaveText(/is held/);
    await first.keyboard.press("ArrowRight");
    await expect(first.locator("[data-step]:focus")).toHaveText(/one that (is held|comes after)/);
    const added = await api.add({ title: "one more", ...after(behind) });
    await expect(stepOf(first, "one more")).toContainText("Waiting for a task");
    await api.post(`/queue/tasks/${added}/cancel`);
    await expect(stepOf(first, "one more")).toContainText("Cancelled");
    await stepOf(first, "one that is held").press("Enter");
    await expect(first).toHaveURL(new RegExp(`/queue/${held}$`));
  });
  const results = first.locator("section", {
    has: first.getByRole("heading", { name: "Dependency results" }),
  });
  await expect(results.getByText("no result yet")).toBeVisible();
  await results.getByText("one that fails").click();
  await expect(results.getByRole("group", { name: "Result of one that fails" })).toBeVisible();
  await expect(first.getByText("Dependency failed", { exact: true })).toBeVisible();
  await first.getByRole("button", { name: "Remove dependency one that fails" }).click();
  await expect(first.getByText("Waiting for a task", { exact: true })).toBeVisible();
  await api.post(`/queue/tasks/${paused}/cancel`);
  const before = first.getByRole("region", { name: "Depends on" });
  await expect(before.getByRole("listitem")).toHaveText([/one that is paused.*Cancelled/]);
  await expect(first.getByText("Dependency was cancelled", { exact: true })).toBeVisible();
  await api.post(`/queue/tasks/${running}/cancel`);
  await expect.poll(async () => (await api.task(running)).state, { timeout: 60_000 }).toBe("cancelled");
  await first.context().close();
});

/** A task in the picture of all before and after it. */
function stepOf(page: Page, title: string): Locator {
  return page.getByRole("list", GRAPH).getByRole("link", { name: new RegExp(`^${title}`) });
}

const MANY = 1_000;

test("a queue of a thousand tasks is run from the keyboard", async ({ browser, watchPage }) => {
  test.setTimeout(600_000);
  const { product } = signedIn;
  const page = await newSignedIn(browser, signedIn);
  watchPage(page);
  const api = apiOf(page.request, product.url);
  await api.post("/queue/controls/pause", { queue: "default" });
  const count = async () => ((await api.get("/queue/stats")) as { byState: Record<string, number> }).byState;
  const before = await count();
  await api.post("/queue/tasks/batch", {
    tasks: Array.from({ length: MANY }, (_, n) => ({
      ...{ backendProfile: "demo", payload: {}, title: `task ${n}`, lane: n % 2 === 0 ? "even" : "odd" },
    })),
  });
  // Figures above the rows come late.
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(/queue\.(history|waits)/, async (route) => {
    await released;
    await route.continue();
  });
  await openPage(page, "/queue");
  const rows = tasksTable(page).locator("tbody").getByRole("row");
  await expect(rows.first()).toBeVisible();
  const focused = page.locator("tr:focus-within");
  /** Rows that are looked at stay where they are when what is above them comes. */
  const staysInPlace = async () => {
    await expect(focused).toBeInViewport();
    const top = async () => Math.round((await focused.boundingBox())?.y ?? 0);
    const before = await top();
    release();
    // Figures that come late are there.
    await expect(page.getByRole("main").getByText("…", { exact: true })).toHaveCount(0);
    await expect.poll(top).toBe(before);
  };

  await test.step("the cursor goes down the whole list; rows out of sight are not drawn", async () => {
    await page.keyboard.press("j");
    await expect(focused).toHaveAttribute("aria-rowindex", "2");
    for (let place = 12; place <= 192; place += 10) {
      // Keys that are pressed faster than rows come stop at the last one that is there.
      await expect(page.locator(`tr[aria-rowindex="${place}"]`)).toBeAttached();
      await page.keyboard.press("d");
      await expect(focused).toHaveAttribute("aria-rowindex", String(place));
      if (place === 42) await staysInPlace();
    }
    await expect(focused).toBeInViewport();
    expect(await rows.count()).toBeLessThan(80);
    await page.keyboard.press("k");
    await expect(focused).toHaveAttribute("aria-rowindex", "191");
  });

  await test.step("with the panel open the arrows go on, and rows that were out of sight come", async () => {
    const panel = peekOf(page);
    await page.keyboard.press("Space");
    await expect(panel).toContainText("Why it's waiting");
    for (let place = 190; place >= 170; place -= 1) await page.keyboard.press("ArrowUp");
    await expect(focused).toHaveAttribute("aria-rowindex", "170");
    const title = (await focused.getByRole("link").first().textContent()) ?? "";
    await expect(panel.getByRole("heading", { level: 2 }).first()).toHaveText(title);
    await expect(page).toHaveURL(/look=/);
    await page.keyboard.press("Escape");
    await expect(panel).toBeHidden();
    await expect(focused).toHaveAttribute("aria-rowindex", "170");
    // The address is written a moment later, and would call off the next page where that was asked for first.
    await expect(page).not.toHaveURL(/look=/);
  });

  await test.step("arrows and Enter that come quickly open the row that they lead to", async () => {
    const title = (await page.locator('tr[aria-rowindex="168"]').getByRole("link").first().textContent()) ?? "";
    await page.keyboard.press("Space");
    await expect(peekOf(page)).toContainText("Why it's waiting");
    for (const key of ["ArrowUp", "ArrowUp", "Enter"]) await page.keyboard.press(key, { delay: 5 });
    await expect(page.getByRole("heading", { level: 1 })).toContainText(title);
    await page.goBack();
    await expect(peekOf(page).getByRole("heading", { level: 2 }).first()).toHaveText(title);
    await expect(focused).toHaveAttribute("aria-rowindex", "168");
    await page.keyboard.press("Escape");
    await expect(peekOf(page)).toBeHidden();
  });

  await test.step("one opens, and the way back leads to the list", async () => {
    const title = (await focused.getByRole("link").first().textContent()) ?? "";
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1 })).toContainText(title);
    await expect(page.getByRole("heading", { name: "Why it's waiting" })).toBeVisible();
    await page.goBack();
    await expect(rows.first()).toBeVisible();
  });

  await test.step("the help names the page's keys", async () => {
    await page.keyboard.press("?");
    const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await expect(sheet).toContainText("Raise priority");
    await page.keyboard.press("Escape");
    await expect(sheet).toBeHidden();
  });

  await test.step("some are chosen by range and given another priority together", async () => {
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    for (let more = 0; more < 4; more += 1) await page.keyboard.press("J");
    await expect(page.getByRole("toolbar", { name: "Selected tasks" })).toContainText("5 tasks selected");
    await page.keyboard.press("+");
    const dialog = page.getByRole("dialog", { name: "Set priority" });
    await dialog.getByLabel("Priority", { exact: true }).fill("7");
    await expect(dialog).toContainText("5 tasks included");
    await page.keyboard.press("Enter");
    await expect(dialog).toBeHidden();
    await expect(page.getByText("5 tasks reprioritised")).toBeVisible({ timeout: 60_000 });
  });

  await test.step("all that match are cancelled at once, with their progress, from the keyboard alone", async () => {
    await page.getByLabel("Lane", { exact: true }).selectOption("odd");
    await expect(page).toHaveURL(/lane=odd/);
    await expect(rows.first()).toContainText("odd");
    await page.keyboard.press("Tab");
    await page.keyboard.press("*");
    await page.getByRole("button", { name: `Select all ${MANY / 2} matching` }).press("Enter");
    await page.keyboard.press("c");
    const dialog = page.getByRole("dialog", { name: "Cancel tasks" });
    await expect(dialog).toContainText("All matching: lane odd, waiting");
    await expect(dialog).toContainText(`${MANY / 2} tasks included`);
    await expect(dialog.getByLabel("Reason", { exact: true })).toBeFocused();
    await page.keyboard.press("Control+Enter");
    await expect(dialog).toBeHidden();
    await expect(page.getByText(`${MANY / 2} tasks cancelled`).first()).toBeVisible({ timeout: 180_000 });
    await expect(page.getByText("No other tasks match this filter.")).toBeVisible();
    const { pending = 0, cancelled = 0 } = before;
    expect(await count()).toMatchObject({ pending: pending + MANY / 2, cancelled: cancelled + MANY / 2 });
  });
  await page.context().close();
});
