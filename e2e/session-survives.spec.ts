import { renameSync, rmSync } from "node:fs";
import { pngOf } from "@/contract/test/images";
import { expect, LOOKS, lookInAll, newSignedIn, ready, type SignedIn, startSignedIn, test } from "./fixtures";
import { RecordingProvider } from "./recording-provider";
import { conversation, endRuns, evictVolume, newSession, pasteImage, say, sessionOf } from "./stories";

// One of each for both: a story asks its provider about its own conversation alone.
let provider: RecordingProvider;
let signedIn: SignedIn;
test.beforeAll(async ({ browser }) => {
  provider = await RecordingProvider.start();
  signedIn = await startSignedIn(browser, {
    AGENTRUN_BACKENDS: provider.backendsFile,
    RECORDED_PROVIDER_KEY: "sk-recorded-provider-canary-0123456789",
  });
});
test.afterAll(async () => {
  await signedIn?.product[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
});

test("a conversation is steered, approved, interrupted, killed with everything else, and goes on", async ({
  browser,
}) => {
  test.setTimeout(300_000);
  const { product } = signedIn;
  const page = await newSignedIn(browser, signedIn);

  await test.step("the first turn streams", async () => {
    await newSession(page, { profile: "codex", message: "Good morning, remember the word heron" });
    await expect(conversation(page)).toContainText("This is the first message of our conversation", {
      timeout: 60_000,
    });
  });

  await test.step("a turn under way is steered", async () => {
    await say(page, "Do something long, please");
    await expect(conversation(page)).toContainText("step 1 of 8 is done", { timeout: 40_000 });
    await say(page, "That is enough, stop there", "Steer");
    await expect(conversation(page)).toContainText("as you asked", { timeout: 40_000 });
  });

  await test.step("an approval is accepted, another declined", async () => {
    await say(page, "ASK `echo approved-by-a-person`");
    await page.getByRole("button", { name: "Accept", exact: true }).click();
    await expect(conversation(page)).toContainText("approved-by-a-person");
    await expect(page.getByRole("button", { name: "Send", exact: true })).toBeVisible();
    await say(page, "ASK `echo never-run-this`");
    await page.getByRole("button", { name: "Decline", exact: true }).click();
    await expect(page.getByRole("button", { name: "Interrupt", exact: true })).toBeHidden({ timeout: 40_000 });
    await expect(page.getByRole("button", { name: "Send", exact: true })).toBeVisible({ timeout: 40_000 });
  });

  await test.step("a sub-agent's part is told apart, and the turn ends with it", async () => {
    await say(page, "Delegate the counting");
    await expect(conversation(page).getByText(/^Sub-agent [0-9a-f]/)).toBeVisible({ timeout: 40_000 });
    await expect(conversation(page)).toContainText("The sub-agent is done.", { timeout: 40_000 });
    await expect(page.getByRole("button", { name: "Interrupt", exact: true })).toBeHidden({ timeout: 40_000 });
    await lookInAll(page, LOOKS, "sub-agent");
  });

  await test.step("a turn is interrupted", async () => {
    // Those of the turn before stand there already.
    const steps = conversation(page).getByText("step 1 of 8 is done");
    const before = await steps.count();
    await say(page, "Do something long again");
    await expect.poll(() => steps.count(), { timeout: 60_000 }).toBeGreaterThan(before);
    await page.getByRole("button", { name: "Interrupt", exact: true }).click();
    await expect(page.getByRole("button", { name: "Send", exact: true })).toBeVisible({ timeout: 40_000 });
  });

  await test.step("everything is killed and started again; the next turn holds the whole conversation", async () => {
    await product.killAll();
    await product.start();
    await page.reload();
    await ready(page);
    await say(page, "And which word was it?");
    await expect(conversation(page)).toContainText("earlier messages of yours", { timeout: 60_000 });
    expect(provider.lastUserTexts()).toEqual([
      "Good morning, remember the word heron",
      "Do something long, please",
      "That is enough, stop there",
      "ASK `echo approved-by-a-person`",
      "ASK `echo never-run-this`",
      "Delegate the counting",
      "Do something long again",
      "And which word was it?",
    ]);
    expect(provider.authorizations.at(-1)).toBe("Bearer sk-recorded-provider-canary-0123456789");
    await expect(conversation(page)).not.toContainText("are disabled in the following folders");
  });

  await test.step("who opens it again is at its end, however its parts arrive", async () => {
    await page.reload();
    await ready(page);
    await expect(conversation(page).getByText("earlier messages of yours").last()).toBeInViewport();
    await expect(page.getByRole("button", { name: "Jump to latest" })).toBeHidden();
  });
});

test("a conversation survives the loss of all but a backup, and goes on from its archive", async ({ browser }) => {
  test.setTimeout(300_000);
  const { product } = signedIn;
  const page = await newSignedIn(browser, signedIn);
  const done = page.getByText("The last turn is done.").first();

  const [picked, pasted] = [pngOf(240, 160, 90), pngOf(320, 120, 200)];
  const dataUrl = (image: Buffer) => `data:image/png;base64,${image.toString("base64")}`;

  await test.step("a session is shown an image, and writes a file into its workspace", async () => {
    const message = "RUN `echo heron > remembered.txt && cat remembered.txt`";
    await newSession(page, { profile: "codex", message, image: picked });
    await expect(conversation(page)).toContainText("I see an image of 240 × 160 pixels (PNG).", { timeout: 60_000 });
    const shown = conversation(page).getByRole("img", { name: "picked.png" });
    await expect.poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(240);
    await expect(done).toBeVisible({ timeout: 60_000 });
    // What a kill finds between a turn's end and its archive is on the volume alone.
    const storage = `/api/v1/sessions/${sessionOf(page)}/storage`;
    await expect
      .poll(async () => (await (await page.request.get(storage)).json()).isArchiveCurrent, { timeout: 60_000 })
      .toBe(true);
  });

  await test.step("every process is killed, and of the data folder with its volumes a backup alone is left", async () => {
    const backup = `${product.dataDir}.backup`;
    await product.backUp(backup);
    await product.killAll();
    rmSync(product.dataDir, { recursive: true });
    renameSync(backup, product.dataDir);
    await product.start();
    await page.reload();
    await ready(page);
    await say(page, "RUN `cat remembered.txt`");
    await expect
      .poll(() => provider.lastUserTexts(), { timeout: 60_000 })
      .toEqual(["RUN `echo heron > remembered.txt && cat remembered.txt`", "RUN `cat remembered.txt`"]);
    // The restored workspace answers: the tool's own output, as the model is told it.
    const told = () => JSON.stringify(provider.requests.at(-1)?.input.slice(-2));
    await expect.poll(told, { timeout: 60_000 }).toContain("heron");
    // What the model was shown came back with the conversation.
    expect(provider.lastImages()).toEqual([dataUrl(picked)]);
    await expect(done).toBeVisible({ timeout: 60_000 });
  });

  await test.step("an operator evicts the storage and restores it", async () => {
    await endRuns(page);
    await evictVolume(page, "to see it come back");
    await page.getByRole("button", { name: "Restore from archive" }).click();
    await page.getByRole("link", { name: "Conversation", exact: true }).click();
    await pasteImage(page, "pasted.png", pasted);
    await pasteImage(page, "not-this.png", pngOf(9, 9));
    await page.getByRole("button", { name: "Remove not-this.png" }).click();
    await expect(
      page.getByRole("listitem").filter({ has: page.getByRole("img", { name: "not-this.png" }) }),
    ).toBeHidden();
    await page.getByLabel("Message").fill("And after an eviction?");
    await lookInAll(page, LOOKS, "images");
    await say(page, "And after an eviction?");
    await expect(conversation(page)).toContainText("2 earlier messages of yours", { timeout: 60_000 });
    await expect(conversation(page)).toContainText("I see an image of 320 × 120 pixels (PNG).");
    expect(provider.lastImages()).toEqual([dataUrl(picked), dataUrl(pasted)]);
  });

  await test.step("an image opens large, by the keyboard too, and its message has nothing left to send", async () => {
    await expect(page.getByRole("list", { name: "Images to send" })).toBeHidden();
    await conversation(page).getByRole("button", { name: "pasted.png" }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "pasted.png" });
    await expect(dialog).toContainText("320 × 120 pixels");
    await lookInAll(page, LOOKS, "image-large");
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
  });
});
