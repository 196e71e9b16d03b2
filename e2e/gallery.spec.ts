import type { APIRequestContext, Page } from "@playwright/test";
import type { Run } from "@/contract/run";
import { expect, LOOKS, look, optionsOf, ready, signIn, test } from "./fixtures";
import { Product } from "./product";
import { type Api, apiOf } from "./queue-stories";
import { conversation, newSession, say, sessionOf } from "./stories";

/** Work of a team, as the demo's agent can do it: its title, its project, and what it is told. */
const SESSIONS: [title: string, projectId: string, message: string][] = [
  ["Move the billing jobs to the new queue", "billing", "Please write a small program for me"],
  ["Find out why the nightly import is slow", "imports", "RUN `seq 1 400` RUN `du -sh .`"],
  ["Upgrade the web shop to Node 24", "web-shop", "Please write a file"],
  ["Write the release notes of 4.2", "web-shop", "RUN `git --version` then tell me"],
  ["Remove what nobody calls in the API", "api", "Please write a file"],
  ["Mend the flaky tests of the mailer", "mailer", "RUN `false`"],
];
const TASKS: [title: string, lane: string, priority: number, text: string][] = [
  ["Review the open pull requests", "review", 50, "RUN `sleep 36031`"],
  ["Bump the base image of every service", "chores", 10, "RUN `echo done`"],
  ["Reproduce the crash of ticket 4711", "fast", 90, "RUN `sleep 36032`"],
  ["Translate the onboarding mails", "chores", 20, "RUN `echo done`"],
  ["Check the licences of new packages", "chores", 30, "RUN `echo done`"],
  ["Profile the search page", "review", 40, "RUN `echo done`"],
];

test("a picture of every page, of a product that has work to do", async ({ browser }) => {
  await using product = await Product.start();
  const context = await browser.newContext({ baseURL: product.url, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await signIn(page, product);
  const api = apiOf(page.request, product.url);
  for (const [title, projectId, message] of SESSIONS) await talk(api, page.request, title, projectId, message);
  for (const lane of ["review", "fast"]) await api.post("/queue/controls", { queue: "default", lane, maxRunning: 1 });
  for (const [title, lane, priority, text] of TASKS) await api.add({ title, lane, priority, payload: { text } });
  const session = await converse(page);
  const [run] = ((await api.get(`/runs?sessionId=${sessionOf(page)}&limit=1`)) as { items: Run[] }).items;
  const [task] = ((await api.get("/queue/tasks?limit=1")) as { items: { id: string }[] }).items;

  const storageState = await context.storageState();
  const pages: [name: string, address: string][] = [
    ["overview", "/"],
    ["sessions", "/sessions?state=all"],
    ["session", session],
    ["session-trace", `${session}?tab=trace`],
    ["session-timeline", `${session}?tab=timeline`],
    ["session-changes", `${session}?tab=changes`],
    ["session-runs", `${session}?tab=runs`],
    ["session-storage", `${session}?tab=storage`],
    ["queue", "/queue?state=all"],
    ["task", `/queue/${task?.id}`],
    ["approvals", "/approvals"],
    ["runs", "/runs"],
    ["run", `/runs/${run?.id}`],
    ["runners", "/runners"],
    ["backends", "/backends"],
    ["storage", "/storage"],
    ["audit", "/audit"],
    ["status", "/status"],
    ["settings", "/settings"],
    ["docs", "/docs"],
  ];
  for (const shownIn of LOOKS) {
    const looking = await browser.newContext({ baseURL: product.url, storageState, ...optionsOf(shownIn) });
    const shown = await looking.newPage();
    for (const [name, address] of pages) {
      await shown.goto(address);
      await ready(shown);
      await expect(shown.locator("[aria-busy=true]")).toHaveCount(0);
      await look(shown, `${name}-${shownIn.name}`);
    }
    await looking.close();
  }
  await context.close();
});

/** A session that was told something and has done it. */
async function talk(
  api: Api,
  request: APIRequestContext,
  title: string,
  projectId: string,
  text: string,
): Promise<void> {
  const { sessionId } = (await api.post("/sessions", { backendProfile: "demo", title, projectId })) as {
    sessionId: string;
  };
  const run = (await api.post("/runs", { backendProfile: "demo", projectId, sessionRef: { sessionId } })) as Run;
  const command = (await api.post(`/runs/${run.id}/commands`, { type: "turn", payload: { text } })) as { id: string };
  const isOver = async () => {
    const answer = await request.get(`/api/v1/commands/${command.id}`);
    return ["completed", "failed", "cancelled"].includes(((await answer.json()) as { state: string }).state);
  };
  await expect.poll(isOver, { timeout: 60_000, message: title }).toBe(true);
}

/** A conversation with a bit of everything, whose agent asks for something at its end. */
async function converse(page: Page): Promise<string> {
  await newSession(page, { profile: "demo", message: "Please write a small program for me" });
  await expect(conversation(page)).toContainText("was written and then improved", { timeout: 90_000 });
  await say(page, "And ask me for approval of something");
  await expect(page.getByRole("button", { name: "Accept", exact: true })).toBeVisible({ timeout: 60_000 });
  return new URL(page.url()).pathname;
}
