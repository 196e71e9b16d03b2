import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { Locator, Page } from "@playwright/test";
import type { Webhook } from "@/contract/webhook";
import { copied, expect, expectEveryLook, LOOKS, lookInAll, openSignedIn, test } from "./fixtures";
import { apiOf, openPage } from "./queue-stories";

/** As somebody may have named it. */
const NAME = "Chat <img src=x onerror=window.__ran=1>";
const RENAMED = "Chat of the team";

/** What a receiver says with a refusal, and how it is shown. */
const SAID = "no such channel <img src=x onerror=window.__ran=1> \u202e TOKEN=abcdefgh12345678";
const SHOWN = "no such channel <img src=x onerror=window.__ran=1> \\u{202e} TOKEN=[redacted]";

type Message = { headers: IncomingHttpHeaders; body: string };

/** A program that webhooks tell, which answers as it is told to. */
async function startReceiver() {
  const messages: Message[] = [];
  const state = { answer: 500, says: SAID };
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    messages.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(state.answer).end(state.answer === 204 ? undefined : state.says);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}/hook?key=let-me-in`, host: `127.0.0.1:${port}`, messages, state },
    typesOf: () => messages.map(({ body }) => (JSON.parse(body) as { type: string }).type),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** How many of a message's signatures are of this secret. */
function signaturesBy(secret: string, { headers, body }: Message): number {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const expected = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
  return String(headers["webhook-signature"])
    .split(" ")
    .filter((signature) => signature === expected).length;
}

/** A secret that a dialog shows, and that its button copies. */
async function readSecret(page: Page, dialog: Locator): Promise<string> {
  const secret =
    (await dialog
      .locator("code")
      .filter({ hasText: /^whsec_.{20}/ })
      .textContent()) ?? "";
  await dialog.getByRole("button", { name: "Copy secret" }).click();
  await expect.poll(() => copied(page)).toBe(secret);
  return secret;
}

const deliveries = (page: Page) => page.getByRole("table", { name: "Deliveries" }).locator("[data-row]");

async function act(page: Page, item: string): Promise<void> {
  await page.getByRole("button", { name: /^Actions on webhook/ }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

test("a webhook is made, fails, is put right, and tells of what agents do, with messages that its secret has signed", async ({
  browser,
  shared,
  watchPage,
}) => {
  test.setTimeout(300_000);
  await using receiver = await startReceiver();
  const page = await openSignedIn(browser, shared, "/settings");
  watchPage(page, { expectedErrors: /status of 40[49]/ });
  const api = apiOf(page.request, shared.product.url);
  let secret = "";
  let address = "";
  const test500 = () => deliveries(page).filter({ hasText: "webhook.test" }).last();

  await test.step("its secret is shown when it is made, and no other time", async () => {
    await page.getByRole("link", { name: "Manage webhooks" }).click();
    await page.getByRole("button", { name: "New webhook" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill(NAME);
    await dialog.getByLabel("URL").fill(receiver.url);
    await dialog.getByLabel("All of runs").check();
    await dialog.getByLabel("approval.requested").check();
    await expect(dialog.getByLabel("All of approvals")).not.toBeChecked();
    await dialog.getByLabel("Projects").fill("elsewhere, default");
    await lookInAll(page, LOOKS, "webhook-new");
    await dialog.getByRole("button", { name: "Create webhook" }).click();
    await expect(dialog).toContainText("the only time it is shown");
    secret = await readSecret(page, dialog);
    await lookInAll(page, LOOKS, "webhook-secret");
    await dialog.getByRole("link", { name: "Open webhook" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(NAME);
    await expect(page.getByText("Nothing sent yet", { exact: true }).first()).toBeVisible();
    await expect(page.getByText("default, elsewhere")).toBeVisible();
    expect(await page.content()).not.toContain(secret);
    address = new URL(page.url()).pathname;
  });

  await test.step("a test that is not taken says so, and is tried again", async () => {
    await page.getByRole("button", { name: "Send test" }).click();
    await expect(test500()).toContainText("answered 500");
    await expect(test500()).toContainText(/next try in \d+ s/);
    await expect(test500()).toContainText(SHOWN);
    await expect(page.getByText("Nothing delivered for")).toBeVisible();
    await test500().getByRole("button", { name: "webhook.test", exact: true }).press("Enter");
    const tries = page.getByRole("table", { name: "Tries" }).getByRole("row").filter({ hasText: "answered 500" });
    // The second comes by itself, soon.
    await expect(tries.nth(1)).toBeVisible({ timeout: 30_000 });
    await expect(page.getByRole("group", { name: "Body" })).toContainText('"type": "webhook.test"');
    await expect(tries.first().getByText(SHOWN)).toBeVisible();
    await lookInAll(page, LOOKS, "webhook-answer");
    await expectEveryLook(browser, shared, { address, name: "webhook" });
    await expectEveryLook(browser, shared, { address: "/settings/webhooks", name: "webhooks" });
  });

  await test.step("once the receiver is well, nobody waits for the next try", async () => {
    receiver.state.answer = 204;
    await test500()
      .getByRole("button", { name: /^Try now/ })
      .click();
    await expect(test500()).toContainText("Delivered");
    await expect(test500()).toContainText("answered 204");
    await expect(page.getByRole("banner").or(page.getByRole("main")).getByText("working").first()).toBeVisible();
    // However many have come by themselves meanwhile.
    expect(new Set(receiver.typesOf())).toEqual(new Set(["webhook.test"]));
    expect(new Set(receiver.messages.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    for (const message of receiver.messages) expect(signaturesBy(secret, message)).toBe(1);
  });

  await test.step("what agents ask for and how runs end arrives, and leads to it", async () => {
    const sessionId = "ses_of_webhooks";
    await api.post("/sessions", { sessionId, backendProfile: "demo", title: "Told of" });
    const runId = await api.run(sessionId);
    await api.post(`/runs/${runId}/commands`, { type: "turn", payload: { text: "ASK `echo allowed`" } });
    const asked = deliveries(page).filter({ hasText: "approval.requested" });
    await expect(asked).toContainText("Delivered", { timeout: 60_000 });
    await api.post(`/runs/${runId}/cancel`);
    const ended = deliveries(page).filter({ hasText: "run.cancelled" });
    await expect(ended).toContainText("Delivered", { timeout: 60_000 });
    expect(receiver.typesOf()).toEqual(expect.arrayContaining(["approval.requested", "run.cancelled"]));
    for (const message of receiver.messages) expect(signaturesBy(secret, message)).toBe(1);
    await expect(ended.getByRole("link")).toHaveAttribute("href", `/r/${runId}`);
    const deliveryId = (await ended.getAttribute("data-row")) ?? "";
    await openPage(page, `/r/${deliveryId}`);
    await expect(page).toHaveURL(`${shared.product.url}${address}#${deliveryId}`);
    await expect(page.getByRole("group", { name: "Body" })).toContainText(`"runId": "${runId}"`);
  });

  await test.step("who changes it while another does is told", async () => {
    await page.getByRole("button", { name: "Edit…" }).click();
    const dialog = page.getByRole("dialog", { name: "Edit webhook" });
    await dialog.getByLabel("Name", { exact: true }).fill("Overwritten");
    const changed = await page.request.patch(`/api/v1${address.replace("/settings", "")}`, {
      data: { name: "Changed by another" },
      headers: { origin: shared.product.url },
    });
    expect(changed.ok()).toBe(true);
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByRole("alert")).toContainText("Someone else changed this");
    await expect(dialog.getByLabel("Name", { exact: true })).toHaveValue("Changed by another");
    await dialog.getByLabel("Name", { exact: true }).fill(RENAMED);
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(RENAMED);
  });

  await test.step("with a new secret both sign for a day", async () => {
    await act(page, "New signing secret…");
    await page.getByRole("dialog").getByRole("button", { name: "Create new secret" }).click();
    const dialog = page.getByRole("dialog", { name: "New signing secret" });
    await expect(dialog).toContainText("the only time it is shown");
    const next = await readSecret(page, dialog);
    expect(next).not.toBe(secret);
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(page.getByText(/also signs, expires in 2[34] h/)).toBeVisible();
    const known = receiver.messages.length;
    await page.getByRole("button", { name: "Send test" }).click();
    await expect.poll(() => receiver.messages.length).toBe(known + 1);
    for (const each of [secret, next]) expect(signaturesBy(each, receiver.messages[known] as Message)).toBe(1);
  });

  await test.step("a receiver that is gone disables it, and what failed is sent again", async () => {
    receiver.state.answer = 410;
    await page.getByRole("button", { name: "Send test" }).click();
    await expect(page.getByText("Disabled automatically: it answered 410: it is gone.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Send test" })).toBeDisabled();
    await page.getByRole("button", { name: "Failed 1" }).click();
    await expect(page).toHaveURL(/\?state=failed/);
    await expect(deliveries(page)).toHaveCount(1);
    await expectEveryLook(browser, shared, { address, name: "webhook-disabled" });
    receiver.state.answer = 200;
    await page.getByRole("button", { name: "Enable", exact: true }).click();
    await page.getByRole("button", { name: "Resend failed (1)" }).click();
    await expect(page.getByText("No failed deliveries.")).toBeVisible();
    await page.getByRole("button", { name: "All", exact: true }).click();
    await expect(deliveries(page).filter({ hasNotText: "delivered" })).toHaveCount(0);
  });

  await test.step("it is disabled by a press, and enabled by another", async () => {
    await act(page, "Disable");
    await expect(page.getByText("Disabled by an operator.")).toBeVisible();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByText("Disabled by an operator.")).toBeHidden();
  });

  await test.step("it is deleted, and its page is that of nothing", async () => {
    await act(page, "Delete…");
    const dialog = page.getByRole("dialog");
    await expect(dialog).toContainText("Its deliveries are no longer shown.");
    await dialog.getByRole("button", { name: "Delete webhook" }).click();
    await expect(page).toHaveURL(/\/settings\/webhooks$/);
    const { items } = (await api.get("/webhooks")) as { items: Webhook[] };
    expect(items.filter(({ url }) => url === receiver.url)).toEqual([]);
    await expect(page.getByText(receiver.host)).toHaveCount(0);
    await openPage(page, address);
    await expect(page.getByText("It may have been deleted, or it belongs to another tenant.")).toBeVisible();
  });
  await page.context().close();
});
