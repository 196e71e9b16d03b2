import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { Product } from "./product";

type Checks = {
  /** Fails the test at its end if the page logged an error, threw, or asked another host. */
  watchPage: (page: Page, options?: { expectedErrors?: RegExp }) => void;
};

export const test = base.extend<Checks, { product: Product }>({
  product: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from the pattern.
    async ({}, use) => {
      await using product = await Product.start();
      await use(product);
    },
    { scope: "worker", timeout: 120_000 },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from the pattern.
  watchPage: async ({}, use) => {
    const faults: string[] = [];
    await use((page, options = {}) => {
      page.on("console", (message) => {
        if (message.type() !== "error" || options.expectedErrors?.test(message.text())) return;
        faults.push(`console: ${message.text()} (${message.location().url})`);
      });
      page.on("pageerror", (error) => faults.push(`thrown: ${error.message}`));
      page.on("request", (request) => {
        const { hostname, protocol } = new URL(request.url());
        if (protocol.startsWith("http") && hostname !== "127.0.0.1")
          faults.push(`asked another host: ${request.url()}`);
      });
    });
    expect(faults).toEqual([]);
  },
});

export { expect };

/** Opens the one-time link and waits until the page answers to clicks. */
export async function signIn(page: Page, product: Product): Promise<void> {
  await page.goto(product.signInUrl);
  await ready(page);
}

/** A product for a file's stories, and the cookies of somebody who is signed in to it. */
export type SignedIn = { product: Product; storageState: Awaited<ReturnType<BrowserContext["storageState"]>> };

/** Of its own: the shared product's link has signed somebody in by now, whatever the order of the stories. */
export async function startSignedIn(browser: Browser, env: Record<string, string> = {}): Promise<SignedIn> {
  const product = await Product.start(env);
  try {
    const page = await browser.newPage({ baseURL: product.url });
    await signIn(page, product);
    const storageState = await page.context().storageState();
    await page.context().close();
    return { product, storageState };
  } catch (error) {
    // Nobody else knows of it yet.
    await product[Symbol.asyncDispose]();
    throw error;
  }
}

/** A page of who is signed in, in a context of its own that may read what was copied. */
export async function openSignedIn(
  browser: Browser,
  { product, storageState }: SignedIn,
  address: string,
): Promise<Page> {
  const context = await browser.newContext({
    ...{ baseURL: product.url, storageState, permissions: ["clipboard-read", "clipboard-write"] },
  });
  const page = await context.newPage();
  await page.goto(address);
  await ready(page);
  return page;
}

/** Clicks before hydration are lost. */
export async function ready(page: Page): Promise<void> {
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
}

export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`)).toEqual(
    [],
  );
}

/** How a page is looked at: on a desk in both themes, and on a phone. */
export const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  { name: "phone", colorScheme: "dark", viewport: { width: 390, height: 844 } },
] as const;

/** That a page is accessible, and no wider than what it is shown on. */
export async function expectFits(page: Page, what: string): Promise<void> {
  await expectAccessible(page);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width, `${what} fits its width`).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
}

/** Where a run with AGENTRUN_SCREENSHOTS set leaves its pictures, for a person to look at. */
const SCREENSHOTS = process.env.AGENTRUN_SCREENSHOTS;

/** That a page fits what it is shown on; and its picture, where pictures are asked for. */
export async function look(page: Page, name: string): Promise<void> {
  await expectFits(page, name);
  if (!SCREENSHOTS) return;
  // The picture is of the product, not of the machine that it was taken on.
  await page.evaluate(
    (root) => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        text.textContent = text.textContent?.replaceAll(root, "~/agentrun") ?? "";
      }
    },
    path.resolve(import.meta.dirname, "..", "test-results", "products"),
  );
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
}

type Visitor = { url: string; storageState: Awaited<ReturnType<BrowserContext["storageState"]>> };

/** How a page may look, the high contrast among it: what a browser is opened with, and what it is given to remember. */
export function everyLook(url: string) {
  const contrast = [{ name: "agentrun-theme", value: "contrast", url }];
  return [
    ...LOOKS.map((known) => ({ ...known, cookies: [] as typeof contrast })),
    ...LOOKS.slice(0, 2).map((known) => ({ ...known, name: `contrast-${known.name}`, cookies: contrast })),
  ];
}

/** That a page is whole in every look, the high contrast among them. */
export async function expectEveryLook(
  browser: Browser,
  { url, storageState }: Visitor,
  shown: { address: string; name: string },
): Promise<void> {
  for (const { name, cookies, ...options } of everyLook(url)) {
    const context = await browser.newContext({ baseURL: url, storageState, ...options });
    await context.addCookies(cookies);
    const page = await context.newPage();
    await page.goto(shown.address);
    await ready(page);
    await expect(page.locator("main").getByRole("heading", { level: 1 })).toBeVisible();
    await look(page, `${shown.name}-${name}`);
    await context.close();
  }
}
