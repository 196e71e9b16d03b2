import type { Page, Request } from "@playwright/test";
import { expect, look, newSignedIn, ready, test } from "./fixtures";
import { apiOf, openPage } from "./queue-stories";

/** More than a browser opens connections to one server. */
const WINDOWS = 8;

test("what changes while a page comes to life is on it, and more windows than connections all work", async ({
  browser,
  shared,
  watchPage,
}) => {
  test.setTimeout(240_000);
  const { product } = shared;
  const first = await newSignedIn(browser, shared);
  const context = first.context();
  watchPage(first);
  const api = apiOf(first.request, product.url);
  await api.post("/sessions", { sessionId: "ses_gone", backendProfile: "demo", title: "Named before" });
  await api.post("/sessions", { sessionId: "ses_kept", backendProfile: "demo", title: "Kept" });

  await test.step("nothing falls between a page and its stream", async () => {
    await openPage(first, "/sessions?state=all");
    await expect(first.getByRole("status", { name: "Connection: Live" }).first()).toBeAttached();
    const page = await context.newPage();
    watchPage(page);
    let letThrough = () => {};
    const held = new Promise<void>((resolve) => {
      letThrough = resolve;
    });
    await page.route("**/api/live?*", async (route) => {
      await held;
      await route.continue();
    });
    await openPage(page, "/sessions?state=all");
    await expect(page.getByRole("link", { name: "Named before" }).first()).toBeVisible();
    await expect(page.getByRole("status", { name: "Connection: Connecting" }).first()).toBeAttached();
    const reader = await context.newPage();
    watchPage(reader);
    await openPage(reader, "/sessions/ses_gone");
    await expect(reader.getByRole("status", { name: "Connection: Live" }).first()).toBeAttached();
    const gone = await first.request.delete("/api/v1/sessions/ses_gone", { headers: { origin: product.url } });
    expect(gone.ok(), await gone.text()).toBe(true);
    const rowOf = (of: Page) => of.getByRole("table").getByRole("row").filter({ hasText: "Named before" });
    await expect(rowOf(first), "told to those who listened, and to nobody later").toHaveCount(0);
    await expect(reader.getByText("Session deleted. This page shows what it was.")).toBeVisible();
    await expect(reader.getByLabel("Message")).toBeDisabled();
    await look(reader, "session-deleted");
    await reader.getByRole("link", { name: "Back to sessions" }).click();
    await expect(reader).toHaveURL(/\/sessions$/);
    await reader.close();
    letThrough();
    await expect(rowOf(page)).toHaveCount(0);
    await page.close();
  });

  await test.step("a list that one goes back to shows what came meanwhile", async () => {
    await openPage(first, "/sessions?state=all");
    const listed = (title: string) => first.getByRole("table").getByRole("link", { name: title, exact: true }).first();
    await expect(listed("Kept")).toBeVisible();
    await expect(first.getByRole("status", { name: "Connection: Live" }).first()).toBeAttached();
    await listed("Kept").click();
    await expect(first).toHaveURL(/\/sessions\/ses_kept/);
    await ready(first);
    await api.post("/sessions", { backendProfile: "demo", title: "Came meanwhile" });
    const renamed = await first.request.patch("/api/v1/sessions/ses_kept", {
      data: { title: "Kept on" },
      headers: { origin: product.url },
    });
    expect(renamed.ok(), await renamed.text()).toBe(true);
    // Told after the other.
    await expect(first.getByRole("heading", { level: 1, name: "Kept on" })).toBeVisible();
    await first.goBack();
    await expect(listed("Kept on")).toBeVisible();
    await expect(listed("Came meanwhile")).toBeVisible();
  });

  await test.step("a narrowed list tells of what it would show, and does not ask at each change", async () => {
    const add = (title: string, projectId: string) =>
      api.post("/sessions", { backendProfile: "demo", title, projectId });
    await openPage(first, "/sessions?state=all&project=team");
    await expect(first.getByText(/No matching sessions/)).toBeVisible();
    await expect(first.getByRole("status", { name: "Connection: Live" }).first()).toBeAttached();
    const asked: string[] = [];
    const count = (request: Request) => {
      if (request.url().includes("sessions.list")) asked.push(request.url());
    };
    first.on("request", count);
    for (let index = 0; index < 12; index += 1) await add(`Of another team ${index}`, "other");
    await add("Of the team", "team");
    await expect(first.getByRole("link", { name: "Of the team" }).first()).toBeVisible();
    expect(asked.length, "what does not fit asks for nothing").toBeLessThanOrEqual(2);
    await add("Of another team again", "other");
    await add("Of the team too", "team");
    await first.getByRole("button", { name: "1 new session", exact: true }).click();
    await expect(first.getByRole("link", { name: "Of the team too" }).first()).toBeVisible();
    first.off("request", count);
  });

  await test.step("what changes while a list is read anew is on it", async () => {
    await api.post("/sessions", { sessionId: "ses_overtaken", backendProfile: "demo", title: "Overtaken" });
    const runId = await api.run("ses_kept");
    await openPage(first, "/runs");
    await expect(first.getByRole("status", { name: "Connection: Live" }).first()).toBeAttached();
    const row = (title: string) =>
      first.getByRole("table", { name: "Runs" }).getByRole("row").filter({ hasText: title });
    await expect(row("Kept on").first()).toBeVisible();
    const overtakenId = await api.run("ses_overtaken");
    const answer = await holdNext(first, "runs.list");
    await first.getByRole("button", { name: /new run/ }).click();
    const letThrough = await answer.given;
    // Failures are counted anew once the stream has told of one.
    const told = first.waitForResponse((response) => response.url().includes("runs.stats"));
    await api.post(`/runs/${overtakenId}/finish`, { terminalStatus: "failed", failureKind: "timeout" });
    await told;
    letThrough();
    await expect(row("Overtaken")).toContainText("Failed");
    await api.post(`/runs/${runId}/cancel`, {});
  });

  const windows = [first];
  await test.step("the windows looked at last are live, and every one of them answers", async () => {
    for (let index = 1; index < WINDOWS; index += 1) windows.push(await context.newPage());
    const last = windows.at(-1) ?? first;
    for (const page of windows) {
      await openPage(page, "/sessions?state=all");
      await expect(page.getByRole("status", { name: "Connection: Live" }).first()).toBeAttached();
    }
    await expect(first.getByText("Live updates are paused in this window")).toBeVisible();
    await look(first, "live-paused");
    await api.post("/sessions", { sessionId: "ses_after", backendProfile: "demo", title: "Named after" });
    await last.getByRole("button", { name: /new session/ }).click();
    await expect(last.getByRole("link", { name: "Named after" }).first()).toBeVisible();
    // A request of its own from a window without a stream: it would wait for ever if streams held every connection.
    await first.goto("/runs");
    await ready(first);
    await expect(first.getByRole("status", { name: "Connection: Live" }).first()).toBeAttached();
  });

  await test.step("a press on a paused window makes it live, with what it missed", async () => {
    const paused = windows[1] ?? first;
    await expect(paused.getByText("Live updates are paused in this window")).toBeVisible();
    await paused.getByText("Live updates are paused in this window").click();
    await expect(paused.getByRole("status", { name: "Connection: Live" }).first()).toBeAttached();
    await expect(paused.getByRole("link", { name: "Named after" }).first()).toBeVisible();
  });
  await context.close();
});

/** Holds the page's next answer of a procedure back once the server has given it; `given` is what lets it through. */
async function holdNext(page: Page, procedure: string): Promise<{ given: Promise<() => void> }> {
  let give: (letThrough: () => void) => void = () => undefined;
  const given = new Promise<() => void>((resolve) => {
    give = resolve;
  });
  await page.route(
    (url) => url.pathname.includes(procedure),
    async (route) => {
      const response = await route.fetch();
      await new Promise<void>((letThrough) => give(letThrough));
      await route.fulfill({ response });
    },
    { times: 1 },
  );
  return { given };
}
