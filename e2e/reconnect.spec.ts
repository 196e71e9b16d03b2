import type { Page } from "@playwright/test";
import type { RunEvent } from "@/contract/event";
import { expect, look, openSignedIn, productOfFile, test } from "./fixtures";
import { waitUntil } from "./product";
import { type Api, apiOf, rowOf } from "./queue-stories";
import { conversation, showNew } from "./stories";

/**
 * What a browser itself says of a server that has gone, or that is there before its database is; nothing else may stand
 * in its console.
 */
const GONE =
  /net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED|INCOMPLETE_CHUNKED_ENCODING)|status of 503 \(Service Unavailable\)/;
const SESSION = "ses_followed";

// Its run is this story's own.
const signedIn = productOfFile({ AGENTRUN_EXECUTOR: "none" });

/** As long as a product that was killed may take to be there again, on a slow machine. */
const TAKEN_TIMEOUT_MS = 180_000;

/** A runner that writes line after line, each until the server says that it has it: as often as it takes. */
class Writer {
  written = 0;

  constructor(
    private readonly page: Page,
    private readonly runId: string,
  ) {}

  async write(lines: number): Promise<void> {
    for (const last = this.written + lines; this.written < last; ) {
      const number = this.written + 1;
      const event = { type: "assistant_message", payload: { itemId: `item-${number}`, text: `line ${number}.` } };
      const tell = () => this.#tell({ batchId: `batch-${number}`, events: [event] });
      await waitUntil(tell, `line ${number} to be taken`, TAKEN_TIMEOUT_MS);
      this.written = number;
    }
  }

  async #tell(data: object): Promise<boolean> {
    const { url } = signedIn.product;
    try {
      const answer = await this.page.request.post(`/api/v1/runs/${this.runId}/events`, {
        data,
        headers: { origin: url },
      });
      if (answer.status() < 500) expect(answer.ok(), await answer.text()).toBe(true);
      return answer.ok();
    } catch (error) {
      if (/ECONNREFUSED|ECONNRESET|socket hang up/.test(String(error))) return false;
      throw error;
    }
  }
}

/** The lines that a conversation shows, in their order. */
const linesOf = async (page: Page): Promise<number[]> => {
  const text = (await conversation(page).textContent()) ?? "";
  return [...text.matchAll(/line (\d+)\./g)].map(([, number]) => Number(number));
};
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const newSession = (api: Api, sessionId: string, title: string) =>
  api.post("/sessions", { sessionId, backendProfile: "demo", title, storage: { kind: "none" } });

test("open pages outlive the server: they say that it is gone, heal by themselves, and lose and double nothing", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(360_000);
  const { product } = signedIn;
  const list = await openSignedIn(browser, signedIn, "/sessions?state=all");
  const api = apiOf(list.request, product.url);
  await api.post("/queue/controls/pause", { queue: "default" });
  await api.add({ title: "Waits from before" });
  await newSession(api, SESSION, "Followed");
  const runId = await api.run(SESSION);
  await api.post(`/runs/${runId}/claim`, { runnerId: "runner_writing", leaseMs: 3_600_000 });
  const open = async (address: string) => {
    const page = await list.context().newPage();
    await page.goto(address);
    return page;
  };
  const talk = await open(`/sessions/${SESSION}`);
  const queue = await open("/queue");
  const leaving = await open("/runs");
  const pages = [list, talk, queue, leaving];
  const stand = (page: Page, word: string) => page.getByRole("status", { name: `Connection: ${word}` }).first();
  const gone = (page: Page) => page.getByText(/Can't reach the server. Last updated at/);
  const expectLive = async () => {
    for (const page of pages) {
      await expect(stand(page, "Live")).toBeAttached({ timeout: 60_000 });
      await expect(gone(page)).toHaveCount(0);
    }
  };
  await expectLive();
  for (const page of pages) {
    watchPage(page, { expectedErrors: GONE });
    // Gone with the document: nobody reloads it.
    await page.evaluate(() => Object.assign(window, { __isStillThere: true }));
  }
  const sessionRow = (title: string) =>
    list
      .getByRole("table", { name: "Sessions" })
      .getByRole("row")
      .filter({ has: list.getByRole("link", { name: title, exact: true }) });
  const writer = new Writer(list, runId);
  await writer.write(20);
  await expect.poll(() => linesOf(talk)).toEqual(upTo(20));

  await test.step("web alone is killed, and started again by its supervisor", async () => {
    const webs = () => product.processes((command) => /\bweb\.mjs/.test(command));
    const [web] = webs();
    if (web === undefined) throw new Error("no web is running");
    const writing = writer.write(20);
    process.kill(web, "SIGKILL");
    await writing;
    expect(webs()).not.toContain(web);
    await expect.poll(() => linesOf(talk), { timeout: 60_000 }).toEqual(upTo(40));
    await expectLive();
  });

  let writing: Promise<void> | undefined;
  await test.step("everything is killed: each page says so, and keeps what it had", async () => {
    writing = writer.write(30);
    await product.killAll();
    for (const page of pages) {
      await expect(stand(page, "Reconnecting")).toBeAttached();
      await expect(gone(page)).toBeVisible();
    }
    await expect(sessionRow("Followed")).toBeVisible();
    await expect(rowOf(queue, "Waits from before")).toBeVisible();
    const kept = await linesOf(talk);
    expect(kept.length).toBeGreaterThanOrEqual(40);
    // A page that cannot be had now is waited for where one is.
    await leaving.getByRole("link", { name: "Backends", exact: true }).click();
    await expect(leaving.getByText(/The page you asked for opens as soon as it's back/)).toBeVisible();
    expect(kept).toEqual(upTo(kept.length));
    await look(talk, "server-gone");
  });

  await test.step("started again, they are live without being touched, with what happened meanwhile", async () => {
    await product.start();
    await newSession(api, "ses_meanwhile", "Made meanwhile");
    await api.add({ title: "Added meanwhile" });
    await writing;
    await expectLive();
    await expect(leaving.getByRole("heading", { level: 1, name: "Backends" })).toBeVisible({ timeout: 60_000 });
    await newSession(api, "ses_after", "Made after it");
    await writer.write(10);
    await expect.poll(() => linesOf(talk), { timeout: 60_000 }).toEqual(upTo(80));
    await showNew(list.getByRole("button", { name: /new session/ }), sessionRow("Made after it"));
    for (const title of ["Followed", "Made meanwhile", "Made after it"]) await expect(sessionRow(title)).toHaveCount(1);
    for (const title of ["Waits from before", "Added meanwhile"]) await expect(rowOf(queue, title)).toHaveCount(1);
  });

  await test.step("what the pages show is what is stored: every event once, in its order", async () => {
    const { items, lastSeq } = (await api.get(`/runs/${runId}/events?limit=500`)) as {
      items: RunEvent[];
      lastSeq: number;
    };
    expect(items.map(({ seq }) => seq)).toEqual(upTo(lastSeq));
    const lines = items.filter(({ type }) => type === "assistant_message").map(({ payload }) => payload.text);
    expect(lines).toEqual(upTo(80).map((number) => `line ${number}.`));
    await talk.getByRole("link", { name: "Trace", exact: true }).click();
    await expect(talk.getByText(`${lastSeq} events`, { exact: true })).toBeVisible();
    const stats = (await api.get("/queue/stats")) as { byState: Record<string, number> };
    expect(stats.byState).toMatchObject({ pending: 2 });
    for (const page of pages) expect(await page.evaluate(() => "__isStillThere" in window)).toBe(true);
  });
  await list.context().close();
});
