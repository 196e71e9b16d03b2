import type { Page } from "@playwright/test";
import { byDevice, copied, EVERY_LOOK, expect, look, lookInAll, optionsOf, ready, signIn, test } from "./fixtures";
import { Product } from "./product";
import { apiOf, openPage } from "./queue-stories";

const box = (page: Page) => page.getByRole("combobox", { name: "Search sessions" });
const chips = (page: Page) => page.getByRole("list", { name: "Active filters" }).getByRole("listitem");
const chip = (page: Page, text: string) => page.getByRole("button", { name: `${text}, remove` });
const sessions = (page: Page) => page.getByRole("table", { name: "Sessions" }).locator("tbody").getByRole("row");
const option = (page: Page, text: string) => page.getByRole("option", { name: text });

async function inViews(page: Page, item: string | RegExp): Promise<void> {
  await page.getByRole("button", { name: /^Views/ }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

test("a list is narrowed by a typed query, and what it is narrowed to is saved, shared and brought back", async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(480_000);
  await using product = await Product.start();
  const context = await browser.newContext({
    ...{ baseURL: product.url, permissions: ["clipboard-read", "clipboard-write"] },
  });
  const page = await context.newPage();
  watchPage(page);
  await signIn(page, product);
  const api = apiOf(page.request, product.url);
  for (const [title, projectId, metadata] of [
    ["Flaky build", "shop", { ticket: 7, team: "shop floor" }],
    ["Slow build", "shop", { ticket: "8", team: "shop floor" }],
    ["Flaky docs", "site", { ticket: 70 }],
  ] as const)
    await api.post("/sessions", { backendProfile: "demo", title, projectId, metadata, storage: { kind: "none" } });
  await openPage(page, "/sessions");
  await expect(sessions(page)).toHaveCount(3);

  await test.step("keys and values are suggested, and taken by the keyboard alone", async () => {
    await page.keyboard.press("/");
    await expect(box(page)).toBeFocused();
    await page.keyboard.type("proj");
    await expect(box(page)).toHaveAttribute("aria-expanded", "true");
    await page.keyboard.press("ArrowDown");
    await expect(option(page, "project:")).toHaveAttribute("aria-selected", "true");
    await page.keyboard.press("Enter");
    await page.keyboard.type("shop ");
    await expect(chip(page, "project: shop")).toBeVisible();
    await expect(page).toHaveURL(/project=shop/);
    await expect(sessions(page)).toHaveCount(2);
    await page.keyboard.type("state:r");
    await expect(option(page, "running")).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("listbox")).toHaveCount(0);
    await page.keyboard.press("Backspace");
    await page.keyboard.type("idl");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.keyboard.type("FLAKY");
    await expect(page).toHaveURL(/search=FLAKY/);
    await expect(box(page)).toHaveValue("project:shop state:idle FLAKY");
    await expect(chips(page)).toHaveCount(3);
    await expect(sessions(page)).toHaveCount(1);
  });

  await test.step("the key of the search leads behind what it says", async () => {
    await page.getByRole("heading", { level: 1 }).click();
    await page.keyboard.press("/");
    await page.keyboard.type("shop");
    await expect(box(page)).toHaveValue("project:shop state:idle FLAKY shop");
    for (let letter = 0; letter < " shop".length; letter += 1) await page.keyboard.press("Backspace");
    await expect(chips(page)).toHaveCount(3);
  });

  await test.step("a chip takes its condition out of the text, and the choices beside it write into it", async () => {
    await chip(page, "state: idle").click();
    await expect(box(page)).toHaveValue("project:shop FLAKY");
    await page.getByRole("button", { name: "Ended", exact: true }).click();
    await expect(box(page)).toHaveValue("state:terminal project:shop FLAKY");
    await expect(page.getByText("No matching sessions")).toBeVisible();
    await page.getByRole("button", { name: "Without state: terminal" }).click();
    await expect(sessions(page)).toHaveCount(1);
  });

  await test.step("what is not understood is said, and mended by a press; until then nothing changes", async () => {
    await box(page).fill("projct:site");
    await box(page).press("Enter");
    await expect(page.getByText("Unknown filter “projct”: did you mean “project”?")).toBeVisible();
    await expect(page).toHaveURL(/project=shop/);
    await look(page, "query-problem");
    await page.getByRole("button", { name: "Use project:site" }).click();
    await expect(page).toHaveURL(/project=site/);
    await expect(page).not.toHaveURL(/search=/);
    await expect(sessions(page)).toHaveCount(1);
    await box(page).fill("-project:shop ");
    await expect(page.getByText(/“-project” cannot be used here/)).toBeVisible();
    await box(page).fill("project:shop flaky");
    await expect(sessions(page)).toContainText(["Flaky build"]);
  });

  await test.step("metadata is asked for by its names, typed or by a press on a value", async () => {
    await openPage(page, "/sessions?columns=metadata");
    await box(page).focus();
    await page.keyboard.type("metad");
    await expect(option(page, "metadata.")).toBeVisible();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect(option(page, "metadata.ticket:")).toBeVisible();
    await page.keyboard.type("te");
    await expect(option(page, "metadata.ticket:")).toHaveCount(0);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect(option(page, '"shop floor"')).toBeVisible();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect(chip(page, "metadata.team: shop floor")).toBeVisible();
    await expect(sessions(page)).toHaveCount(2);
    await sessions(page).getByRole("button", { name: "ticket: 8" }).click();
    await expect(sessions(page)).toHaveCount(1);
    await expect(box(page)).toHaveValue('metadata.team:"shop floor" metadata.ticket:8');
    await look(page, "query-metadata");
    await page.reload();
    await ready(page);
    await expect(chips(page)).toHaveCount(2);
    await chip(page, "metadata.team: shop floor").click();
    await expect(box(page)).toHaveValue("metadata.ticket:8");
    await box(page).fill("meta.ticket:7 ");
    await expect(sessions(page)).toContainText(["Flaky build"]);
    await box(page).fill("-meta.ticket:7 ");
    await expect(page.getByText(/“-meta.ticket” cannot be used here/)).toBeVisible();
    await box(page).fill("meta.ticket:7 ");
    await expect(page.getByText(/cannot be used here/)).toHaveCount(0);
    const made = { backendProfile: "demo", storage: { kind: "none" } };
    await api.post("/sessions", { ...made, sessionId: "other", metadata: { ticket: "8" } });
    await api.post("/sessions", { ...made, sessionId: "same", title: "Of the same", metadata: { ticket: "7" } });
    await page.getByRole("button", { name: "1 new session" }).click();
    await expect(sessions(page)).toContainText(["Of the same", "Flaky build"]);
    await page.getByRole("button", { name: "Copy as curl" }).click();
    await page.getByRole("menuitem", { name: "This list as curl" }).click();
    const [address = ""] = /(?<=')http[^']+/.exec(await copied(page)) ?? [];
    const { items } = (await (await page.request.get(address)).json()) as { items: object[] };
    expect(items).toHaveLength(2);
    for (const sessionId of ["other", "same"])
      await page.request.delete(`/api/v1/sessions/${sessionId}`, { headers: { origin: product.url } });
    await openPage(page, "/sessions?project=shop&search=flaky");
  });

  await test.step("it is saved under a name, which stands there as long as it is what is shown", async () => {
    await inViews(page, "Save view…");
    const dialog = page.getByRole("dialog", { name: "Save view" });
    await expect(dialog).toContainText("project:shop flaky");
    await look(page, "query-save");
    await dialog.getByLabel("Name").fill("Flaky shop");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("button", { name: "Views: Flaky shop" })).toBeVisible();
    await page.reload();
    await ready(page);
    await expect(page.getByRole("button", { name: "Views: Flaky shop" })).toBeVisible();
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    await expect(page.getByRole("button", { name: "Views", exact: true })).toBeVisible();
    await expect(box(page)).toHaveValue("");
    await inViews(page, /^Flaky shop/);
    await expect(box(page)).toHaveValue("project:shop flaky");
    await box(page).fill("project:shop build");
    await expect(sessions(page)).toHaveCount(2);
    await inViews(page, "Update “Flaky shop”");
    await expect(page.getByRole("button", { name: "Views: Flaky shop" })).toBeVisible();
    await inViews(page, "Rename “Flaky shop”…");
    await page.getByRole("dialog").getByLabel("Name").fill("Builds");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("button", { name: "Views: Builds" })).toBeVisible();
  });

  await test.step("shared, it is seen by others, with its count, and changed by none of them", async () => {
    const { token } = (await api.post("/tokens", { name: "looker", role: "viewer" })) as { token: string };
    const others = await browser.newContext({ baseURL: product.url });
    const other = await others.newPage();
    watchPage(other);
    await openPage(other, "/sign-in?next=/sessions");
    await other.getByLabel("Admin or API token").fill(token);
    await other.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(sessions(other)).toHaveCount(3);
    await ready(other);
    await other.getByRole("button", { name: /^Views/ }).click();
    await expect(other.getByText("No views yet")).toBeVisible();
    await inViews(page, "Share “Builds”");
    await expect(page.getByText("View “Builds” shared")).toBeVisible();
    await openPage(other, "/sessions");
    await other.getByRole("button", { name: /^Views/ }).click();
    await expect(other.getByRole("menuitem", { name: "Builds shared 2" })).toBeVisible();
    await look(other, "query-views");
    await other.getByRole("menuitem", { name: /^Builds/ }).click();
    await expect(sessions(other)).toHaveCount(2);
    await other.getByRole("button", { name: "Views: Builds" }).click();
    await expect(other.getByRole("menuitem", { name: "Save view…" })).toBeVisible();
    await expect(other.getByRole("menuitem", { name: /Delete|Rename|sharing/ })).toHaveCount(0);
    await others.close();
  });

  await test.step("the palette leads to it, and a deletion is undone", async () => {
    await openPage(page, "/runs");
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("dialog").getByRole("combobox").fill("view: bui");
    await page.getByRole("option", { name: "View: Builds" }).click();
    await expect(page).toHaveURL(/\/sessions\?.*project=shop/);
    await expect(sessions(page)).toHaveCount(2);
    await inViews(page, "Delete “Builds”");
    await expect(page.getByRole("button", { name: "Views", exact: true })).toBeVisible();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByRole("button", { name: "Views: Builds" })).toBeVisible();
  });

  await test.step("an address with an age is copied with instants in its place", async () => {
    await openPage(page, "/runs?within=24");
    await expect(page.getByRole("combobox", { name: "Search runs" })).toHaveValue("age<24h");
    await page.getByRole("button", { name: "Copy link with fixed times" }).click();
    await expect(page.getByText("Link copied")).toBeVisible();
    await expect.poll(() => copied(page)).toMatch(/^http/);
    const address = new URL(await copied(page));
    expect([address.pathname, [...address.searchParams.keys()]]).toEqual(["/runs", ["since"]]);
  });

  const storageState = await context.storageState();
  for (const looks of byDevice(EVERY_LOOK)) {
    const shown = await browser.newContext({ baseURL: product.url, storageState, ...optionsOf(looks[0]) });
    const looked = await shown.newPage();
    watchPage(looked);
    for (const address of [
      "/sessions?project=shop&search=build",
      "/runs?within=24",
      "/queue?lane=ci",
      "/audit?kind=view",
    ]) {
      await openPage(looked, address);
      await expect(chips(looked).first()).toBeVisible();
      const input = looked.locator("[data-shortcut-search]");
      await input.focus();
      await input.press("End");
      await input.pressSequentially(" s");
      await expect(looked.getByRole("listbox")).toBeVisible();
      await lookInAll(looked, looks, `query-${address.slice(1, 6)}`);
      await input.fill("");
    }
    await openPage(looked, "/sessions?project=shop&search=build");
    await looked.getByRole("button", { name: /^Views/ }).click();
    await expect(looked.getByRole("menuitem", { name: "Builds shared 2" })).toBeVisible();
    await lookInAll(looked, looks, "query-views");
    await shown.close();
  }
  await context.close();
});
