import { expect, type Locator, type Page } from "@playwright/test";
import { ready } from "./fixtures";

export const conversation = (page: Page) => page.getByRole("log", { name: "Conversation" });

/** The session that a page shows. */
export const sessionOf = (page: Page) => new URL(page.url()).pathname.split("/")[2] ?? "";

export async function newSession(
  page: Page,
  options: { profile: string; message: string; image?: Buffer; approvals?: "untrusted" },
): Promise<void> {
  await page.goto("/sessions");
  await ready(page);
  await page.getByRole("button", { name: "New session" }).first().click();
  const dialog = page.getByRole("dialog", { name: "New session" });
  await dialog.getByLabel("Profile").selectOption(options.profile);
  await dialog.getByLabel("First message").fill(options.message);
  if (options.image) await dialog.locator("input[type=file]").setInputFiles(pngFile("picked.png", options.image));
  if (options.approvals) await dialog.getByLabel("Approvals").selectOption(options.approvals);
  await dialog.getByRole("button", { name: "Create and send" }).click();
  await expect(page).toHaveURL(/\/sessions\/ses_/);
}

/** Shows a new row of a list that has just been read again: that may have had it already, or else it waits behind a pill. */
export async function showNew(pill: Locator, row: Locator): Promise<void> {
  // A tab behind another draws nothing, so that what is to be clicked in it never counts as standing still.
  await pill.page().bringToFront();
  await expect(async () => {
    if (await pill.isVisible()) await pill.click({ timeout: 1_000 });
    await expect(row).toHaveCount(1, { timeout: 1_000 });
  }).toPass();
}

export async function say(page: Page, text: string, button: "Send" | "Steer" = "Send"): Promise<void> {
  await page.getByLabel("Message").fill(text);
  await page.getByRole("button", { name: button, exact: true }).click();
  await expect(page.getByLabel("Message")).toHaveValue("");
}

const pngFile = (name: string, buffer: Buffer) => ({ name, mimeType: "image/png", buffer });

/** Pastes an image into the message that is being written, as from a screenshot. */
export async function pasteImage(page: Page, name: string, image: Buffer): Promise<void> {
  await page.getByLabel("Message").evaluate(
    (field, { name, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([bytes], name, { type: "image/png" }));
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    },
    { name, base64: image.toString("base64") },
  );
  await expect(page.getByRole("img", { name, exact: true }).first()).toBeVisible();
}

/** Ends the open runs of the page's session, as an operator does who will not wait for an idle runner to end its own. */
export async function endRuns(page: Page): Promise<void> {
  const sessionId = sessionOf(page);
  const { origin } = new URL(page.url());
  const open = async () => {
    const answer = await page.request.get(`/api/v1/runs?sessionId=${sessionId}&status=claimed`);
    return (await answer.json()).items as { id: string }[];
  };
  for (const run of await open()) {
    const cancelled = await page.request.post(`/api/v1/runs/${run.id}/cancel`, { data: {}, headers: { origin } });
    // One that ended by itself meanwhile is refused, and has ended.
    expect([200, 409]).toContain(cancelled.status());
  }
  await expect.poll(async () => (await open()).length, { timeout: 30_000 }).toBe(0);
}

/** Evicts the volume of the page's session, as an operator does who was made to type what is about to go. */
export async function evictVolume(page: Page, reason: string): Promise<void> {
  await page.getByRole("link", { name: "Storage", exact: true }).last().click();
  await page.getByRole("button", { name: "Evict volume…" }).click();
  const dialog = page.getByRole("dialog", { name: "Evict volume" });
  const typed = dialog.getByLabel(/^Type .* to confirm$/);
  await typed.fill((await dialog.getByText(/^Type .* to confirm$/).textContent())?.split(" ")[1] ?? "");
  await dialog.getByLabel("Reason").fill(reason);
  await dialog.getByRole("button", { name: "Evict volume" }).click();
  await expect(dialog).toBeHidden();
}
