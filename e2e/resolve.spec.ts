import { expect, newSignedIn, ready, test } from "./fixtures";
import { newSession, sessionOf } from "./stories";

test("an id from a log is enough to find an event or a task", async ({ browser, shared }) => {
  const page = await newSignedIn(browser, shared);
  await newSession(page, { profile: "demo", message: "Say hello" });
  const sessionId = sessionOf(page);
  const { origin } = new URL(page.url());
  const events = async () => {
    const trace = await page.request.get(`/api/v1/sessions/${sessionId}/trace`);
    return (await trace.json()).items as { id: string; seq: number; runId: string }[];
  };
  await expect.poll(async () => (await events()).length).toBeGreaterThan(0);
  const [first] = await events();
  await page.goto(`/r/${first?.id}`);
  await ready(page);
  await expect(page).toHaveURL(new RegExp(`/runs/${first?.runId}\\?tab=events#e1$`));
  await expect(page.getByText(first?.id ?? "", { exact: true })).toBeVisible();

  const enqueue = async (more: Record<string, unknown>) => {
    const data = { title: "Nightly tidy-up", backendProfile: "demo", payload: {}, ...more };
    const answer = await page.request.post("/api/v1/queue/tasks", { data, headers: { origin } });
    return (await answer.json()).id as string;
  };
  const taskId = await enqueue({ sessionId });
  await page.goto(`/r/${taskId}`);
  await expect(page).toHaveURL(new RegExp(`/queue/${taskId}$`));
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Nightly tidy-up");
  await page.goto("/r/evt_nobody");
  await expect(page.getByText("There is nothing here")).toBeVisible();
  await page.context().close();
});
