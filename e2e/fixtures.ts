import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, test as base, expect, type Locator, type Page } from "@playwright/test";
import { Product } from "./product";

type Checks = {
  /** A story that failed tells what its products printed, which is gone with them. */
  lastWords: undefined;
  /** Fails the test at its end if the page logged an error, threw, or asked another host. */
  watchPage: (page: Page, options?: { expectedErrors?: RegExp; otherHosts?: string[] }) => void;
};

/** A product for stories, and the cookies of somebody who is signed in to it. */
export type SignedIn = { product: Product; storageState: Awaited<ReturnType<BrowserContext["storageState"]>> };

/** `shared` is for stories that do not care what others have left there, and leave nothing that is in others' way. */
export const test = base.extend<Checks, { shared: SignedIn }>({
  shared: [
    async ({ browser }, use) => {
      const shared = await startSignedIn(browser);
      await using _product = shared.product;
      await use(shared);
    },
    { scope: "worker", timeout: 120_000 },
  ],
  lastWords: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from the pattern.
    async ({}, use, story) => {
      await use(undefined);
      const words = Product.lastWords();
      if (story.status !== story.expectedStatus) console.error(words.join("\n\n"));
    },
    { auto: true },
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
        if (protocol.startsWith("http") && !["127.0.0.1", ...(options.otherHosts ?? [])].includes(hostname))
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

/** A product of a file's own. */
export async function startSignedIn(browser: Browser, env: Record<string, string> = {}): Promise<SignedIn> {
  const product = await Product.start(env);
  try {
    const page = await browser.newPage({ baseURL: product.url });
    await signIn(page, product);
    const storageState = await page.context().storageState();
    await page.context().close();
    return { product, storageState };
  } catch (error) {
    console.error(Product.lastWords().join("\n\n"));
    // Nobody else knows of it yet.
    await product[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * One product for all stories of a file, from before the first until after the last, and who is signed in to it. What is
 * answered is filled in by the time that a story runs.
 */
export function productOfFile(env: Record<string, string> = {}): SignedIn {
  const signedIn = {} as SignedIn;
  test.beforeAll(async ({ browser }) => {
    test.setTimeout(180_000);
    Object.assign(signedIn, await startSignedIn(browser, env));
  });
  // There is none where its start failed.
  test.afterAll(() => signedIn.product?.[Symbol.asyncDispose]());
  return signedIn;
}

/** A page of who is signed in, still empty, in a context of its own that may read what was copied. */
export async function newSignedIn(browser: Browser, { product, storageState }: SignedIn): Promise<Page> {
  const context = await browser.newContext({
    ...{ baseURL: product.url, storageState, permissions: ["clipboard-read", "clipboard-write"] },
  });
  return context.newPage();
}

/** The same, at an address. */
export async function openSignedIn(browser: Browser, signedIn: SignedIn, address: string): Promise<Page> {
  const page = await newSignedIn(browser, signedIn);
  await page.goto(address);
  await ready(page);
  return page;
}

/** Clicks before hydration are lost. */
export async function ready(page: Page): Promise<void> {
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
}

/** What was copied last, by whoever may read it. */
export function copied(page: Page): Promise<string> {
  return page.evaluate(() => navigator.clipboard.readText());
}

/** The panel at a list's side, or the one that looks into what is named so. */
export function peekOf(page: Page, title = ""): Locator {
  return page.getByRole("complementary", { name: `Preview of ${title}` });
}

/** Rules whose answer can change where nothing but colours does. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

/** Which of axe's rules a page is looked at by. */
type Rules = "all" | "all-but-colours" | "colours" | "none";
type AxeScope = {
  rules?: Exclude<Rules, "none">;
  /** Selects what is looked at. */
  part?: string;
};

/** That axe finds nothing wrong with a page. */
export async function expectAccessible(page: Page, { rules = "all", part }: AxeScope = {}): Promise<void> {
  // A page takes its half a megabyte once. As none has frames, the mode that needs a second page for each look is let be.
  const isThere = await page.evaluate(() => "axe" in window);
  // WCAG 2.2's size of what is pressed is not among the rules that axe has on by itself.
  const switched = { "target-size": { enabled: rules !== "colours" } };
  const off = rules === "all-but-colours" ? COLOUR_RULES.map((rule) => [rule, { enabled: false }]) : [];
  const axe = new AxeBuilder({ page, ...(isThere ? { axeSource: ";" } : {}) })
    .setLegacyMode()
    .options({ resultTypes: ["violations"], rules: { ...switched, ...Object.fromEntries(off) } });
  if (rules === "colours") axe.withRules(COLOUR_RULES);
  if (part !== undefined) axe.include(part);
  const { violations } = await axe.analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`)).toEqual(
    [],
  );
}

/** How a page is looked at. */
type Look = {
  name: string;
  theme: "system" | "contrast";
  /** What the system asks for, whatever the theme. */
  contrast?: "more";
  forcedColors?: "active";
  colorScheme: "light" | "dark";
  viewport: { width: number; height: number };
  /**
   * That axe does not look at its colours, which takes it longer than all else: they are those of another look, or
   * compared where they are chosen (palette.test.ts).
   */
  isColourKnown?: true;
};
export const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
export const LIGHT: Look = { name: "light", theme: "system", colorScheme: "light", viewport: DESK };
const DARK: Look = { name: "dark", theme: "system", colorScheme: "dark", viewport: DESK };
const ON_PHONE: Look = { name: "phone", theme: "system", colorScheme: "dark", viewport: PHONE, isColourKnown: true };
const CONTRASTS: Look[] = [
  { ...LIGHT, name: "contrast-light", theme: "contrast", isColourKnown: true },
  { ...DARK, name: "contrast-dark", theme: "contrast" },
];

/** On a desk in both themes, and on a phone. */
export const LOOKS: Look[] = [LIGHT, DARK, ON_PHONE];
/** The high contrast among them. */
export const EVERY_LOOK: Look[] = [LIGHT, DARK, ...CONTRASTS, ON_PHONE];

/** As a system has pages that was told to: with more contrast, and in the few colours that it gives. */
const ASKED: Look[] = [
  { ...DARK, name: "more-contrast", contrast: "more", isColourKnown: true },
  { ...LIGHT, name: "forced-colors", forcedColors: "active", isColourKnown: true },
];

/** In which each page is looked at by itself, once. */
export const PAGE_LOOKS: Look[] = [...EVERY_LOOK, ...ASKED];

/** Looks by what a page is shown on: within one of these nothing differs but its colours. */
export function byDevice(looks: Look[]): [Look, ...Look[]][] {
  const devices = new Map<number, [Look, ...Look[]]>();
  for (const look of looks) {
    const known = devices.get(look.viewport.width);
    if (known === undefined) devices.set(look.viewport.width, [look]);
    else known.push(look);
  }
  return [...devices.values()];
}

/** What a browser is opened with, for a page that is to look so from its first moment. */
export const optionsOf = ({ colorScheme, viewport }: Look) => ({ colorScheme, viewport });

/** Has an open page look so. */
async function show(page: Page, { theme, colorScheme, contrast, forcedColors, viewport }: Look): Promise<void> {
  await page.emulateMedia({ colorScheme, contrast: contrast ?? null, forcedColors: forcedColors ?? null });
  await page.setViewportSize(viewport);
  await page.locator("html").evaluate((html, theme) => {
    html.dataset.theme = theme;
  }, theme);
}

/**
 * That a page as it stands is whole in all of these looks. Where nothing has changed but its colours, they alone are
 * looked at. It is left in the first of the looks.
 */
export async function lookInAll(page: Page, looks: Look[], name: string): Promise<void> {
  for (const sameDevice of byDevice(looks)) {
    for (const [index, shown] of sameDevice.entries()) {
      await show(page, shown);
      const isFirst = index === 0;
      const rules = shown.isColourKnown ? (isFirst ? "all-but-colours" : "none") : isFirst ? "all" : "colours";
      await look(page, `${name}-${shown.name}`, rules);
      if (shown.forcedColors) await expectChosenSeen(page);
    }
  }
  if (looks[0] !== undefined) await show(page, looks[0]);
}

const CHOSEN = '[aria-pressed="true"], [aria-current="page"], [aria-selected="true"]';

/**
 * That what is pressed or current has the colours that a system of few colours has for what is chosen. All else has the
 * system's own.
 */
async function expectChosenSeen(page: Page): Promise<void> {
  const unseen = await page.evaluate((chosen) => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.cssText = "forced-color-adjust: none; background: Highlight";
    const highlight = getComputedStyle(probe).backgroundColor;
    probe.remove();
    return [...document.querySelectorAll(chosen)]
      .filter((element) => getComputedStyle(element).backgroundColor !== highlight)
      .map((element) => element.outerHTML.slice(0, 200));
  }, CHOSEN);
  expect(unseen).toEqual([]);
  if ((await page.locator(CHOSEN).count()) > 0) await expectAccessible(page, { rules: "colours", part: CHOSEN });
}

/** That a page is accessible by some of axe's rules, and no wider than what it is shown on. */
async function expectFits(page: Page, what: string, rules: Rules): Promise<void> {
  // What slides or fades is seen where it comes to rest.
  await expect(page.locator("[data-starting-style], [data-ending-style]")).toHaveCount(0);
  // The title of a page that was just gone to comes a moment after its content.
  await expect(page).toHaveTitle(/\S/);
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  await expect.poll(width, `${what} fits its width`).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
  if (rules !== "none") await expectAccessible(page, { rules });
}

/** Where a run with AGENTRUN_SCREENSHOTS set leaves its pictures, for a person to look at. */
const SCREENSHOTS = process.env.AGENTRUN_SCREENSHOTS;

/** That a page fits what it is shown on; and its picture, where pictures are asked for. */
export async function look(page: Page, name: string, rules: Rules = "all"): Promise<void> {
  await expectFits(page, name, rules);
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

/** That what stands at an address is whole in every look, high contrast and forced colours among them. */
export async function expectEveryLook(
  browser: Browser,
  signedIn: SignedIn,
  shown: { address: string; name: string },
): Promise<void> {
  const page = await openSignedIn(browser, signedIn, shown.address);
  for (const looks of byDevice(PAGE_LOOKS)) {
    await show(page, looks[0]);
    await expect(page.locator("main").getByRole("heading", { level: 1 })).toBeVisible();
    await lookInAll(page, looks, shown.name);
  }
  await page.context().close();
}
