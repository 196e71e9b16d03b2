import type { Browser, Page } from "@playwright/test";
import { CLIENT, startTestProvider } from "@/server/sso/test/provider";
import { EVERY_LOOK, expect, LOOKS, lookInAll, ready, test } from "./fixtures";
import { Product } from "./product";
import { SsoFileOnDisk } from "./sso-file";

const PEOPLE = {
  ada: { email: "ada@example.com", email_verified: true, groups: ["platform"] },
  bob: { email: "bob@example.com", email_verified: true, groups: ["guests"] },
  eve: { email: "eve@example.com", email_verified: true },
};

/** Types a name and any password at the provider, and agrees to what it asks. */
async function signInAtProvider(page: Page, login: string): Promise<void> {
  await page.getByPlaceholder("Enter any login").fill(login);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

test("people sign in at their provider, do what they may under their own name, and come back to where they were", async ({
  browser,
  watchPage,
}) => {
  // A site of its own to the browser, as a provider is: the console's cookie is `SameSite=Strict`.
  await using provider = await startTestProvider(PEOPLE, "localhost");
  using sso = new SsoFileOnDisk({
    ...{ issuer: provider.issuer, clientId: CLIENT.id, keyEnv: "EXAMPLE_SSO_KEY", label: "Example ID" },
    scopes: ["email", "groups"],
    grants: [
      { claim: "groups", value: "platform", role: "admin", tenantId: "*" },
      { claim: "groups", value: "guests", role: "viewer", tenantId: "*" },
    ],
  });
  await using product = await Product.start({ AGENTRUN_SSO: sso.path, EXAMPLE_SSO_KEY: CLIENT.secret });

  const ada = await strangerAt(browser, product, "/schedules?state=paused");
  // The server goes away under it in the end.
  watchPage(ada, { otherHosts: ["localhost"], expectedErrors: /ERR_CONNECTION_REFUSED/ });
  await test.step("a stranger is shown the provider first", async () => {
    await expect(ada).toHaveURL(/\/sign-in\?next=/);
    await ready(ada);
    await expect(ada.getByLabel("Admin or API token")).toBeHidden();
    await lookInAll(ada, EVERY_LOOK, "sign-in-sso");
    await ada.getByText("Other ways to sign in").click();
    await expect(ada.getByLabel("Admin or API token")).toBeVisible();
  });

  await test.step("signing in leads back to the page that was asked for", async () => {
    await ada.getByRole("link", { name: "Sign in with Example ID" }).click();
    await signInAtProvider(ada, "ada");
    await expect(ada).toHaveURL(`${product.url}/schedules?state=paused`);
    await expect(ada.getByText("ada@example.com")).toBeVisible();
  });

  await test.step("what is done is written down under the person's name", async () => {
    await ada.goto("/audit");
    const row = ada
      .getByRole("row")
      .filter({ has: ada.getByTitle(/^identity\.signIn/) })
      .filter({ hasText: "ada@example.com" });
    await expect(row).toBeVisible();
    await ada.goto("/settings");
    await expect(ada.getByRole("row").filter({ hasText: "ada@example.com" })).toContainText("yours");
  });

  await test.step("who signs out is out, and back without a word while the provider knows them", async () => {
    await ready(ada);
    await ada.getByRole("button", { name: "Sign out" }).click();
    await expect(ada).toHaveURL(/\/sign-in$/);
    await ready(ada);
    await ada.getByRole("link", { name: "Sign in with Example ID" }).click();
    // This provider asks each time whether a program of this machine may know who somebody is.
    await ada.getByRole("button", { name: "Continue" }).click();
    await expect(ada).toHaveURL(`${product.url}/`);
  });

  const bob = await strangerAt(browser, product, "/sessions");
  await test.step("whom less is granted is offered less", async () => {
    await bob.getByRole("link", { name: "Sign in with Example ID" }).click();
    await signInAtProvider(bob, "bob");
    await expect(bob).toHaveURL(`${product.url}/sessions`);
    await ready(bob);
    await expect(bob.getByText("bob@example.com")).toBeVisible();
    await expect(bob.getByRole("button", { name: "New session" })).toHaveCount(0);
  });

  await test.step("they have a token for their programs, which ends with their sign-in", async () => {
    await bob.goto("/settings");
    await ready(bob);
    await bob.getByRole("button", { name: "New personal token" }).first().click();
    const dialog = bob.getByRole("dialog");
    await dialog.getByLabel("Name").fill("laptop");
    await lookInAll(bob, LOOKS, "own-token");
    await dialog.getByRole("button", { name: "Create token" }).click();
    const token = (await dialog.locator("code").filter({ hasText: /^ara_/ }).textContent()) ?? "";
    await dialog.getByRole("button", { name: "Done" }).click();
    const row = bob.getByRole("table", { name: "Personal tokens" }).getByRole("row").filter({ hasText: "/laptop" });
    await expect(row).toContainText("bob@example.com/laptop");
    await lookInAll(bob, LOOKS, "own-tokens");
    const me = () => fetch(`${product.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    expect(await (await me()).json()).toMatchObject({ name: "bob@example.com/laptop", role: "viewer", tenantId: null });
    await bob.getByRole("button", { name: "Sign out" }).click();
    await expect(bob).toHaveURL(/\/sign-in$/);
    expect((await me()).status).toBe(401);
    await bob.context().close();
  });

  await test.step("whom nothing is granted is told so, and who changes their mind may begin again", async () => {
    const eve = await strangerAt(browser, product, "/queue");
    await eve.getByRole("link", { name: "Sign in with Example ID" }).click();
    await signInAtProvider(eve, "eve");
    await expect(eve.getByRole("alert").filter({ hasText: "has no access to this server" })).toBeVisible();
    await lookInAll(eve, EVERY_LOOK, "sign-in-refused");
    await eve.context().clearCookies();
    await eve.getByRole("link", { name: "Sign in with Example ID" }).click();
    await eve.getByRole("link", { name: "[ Cancel ]" }).click();
    await expect(eve.getByRole("alert").filter({ hasText: "denied the sign-in" })).toBeVisible();
    expect(new URL(eve.url()).searchParams.get("next")).toBe("/queue");
    await eve.context().close();
  });

  await test.step("while the provider is away, it is said so, and a link goes on opening the console", async () => {
    await provider.goAway();
    await ada.context().close();
    await product.stop();
    await product.start();
    const late = await strangerAt(browser, product, "/queue");
    await late.getByRole("link", { name: "Sign in with Example ID" }).click();
    await expect(late.getByRole("alert").filter({ hasText: "Can't reach Example ID" })).toBeVisible();
    await late.goto(product.signInUrl);
    await expect(late).toHaveURL(`${product.url}/`);
    await late.context().close();
  });
  await product.stop();
  expect(product.output).not.toContain(CLIENT.secret);
  expect(product.output).not.toMatch(/[?&]code=/);
});

async function strangerAt(browser: Browser, product: Product, address: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: product.url });
  const page = await context.newPage();
  await page.goto(address);
  return page;
}
