import { expect, type Page, test } from "@playwright/test";
import { ready } from "@/e2e/fixtures";
import { conversation, endRuns, evictVolume, newSession, say, sessionOf } from "@/e2e/stories";
import { openProgram, type Program } from "./program";
import { pods } from "./state";

// A person at the console of web's pods; each turn runs in a pod of its own Job. What a command is to print is not
// written as it prints it: the conversation shows the message too.
const interrupt = (page: Page) => page.getByRole("button", { name: "Interrupt", exact: true });
const isIdle = (page: Page) => expect(page.getByRole("button", { name: "Send", exact: true })).toBeVisible();

async function signIn(page: Page): Promise<void> {
  await page.goto("/sign-in");
  await ready(page);
  await page.getByLabel("Admin or API token").fill(pods().token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(/\/$/);
}

/** The Jobs of a session's runs that are still in the cluster. */
async function jobsOf(program: Program, sessionId: string): Promise<string[]> {
  const { items } = await program.ok("GET", `/runs?sessionId=${sessionId}`);
  const ids = new Set(items.map((run: { id: string }) => run.id));
  const jobs = JSON.parse(program.kubectl("get", "jobs", "--output=json"));
  return jobs.items
    .filter((job: { metadata: { annotations: Record<string, string> } }) =>
      ids.has(job.metadata.annotations["agentrun.dev/run-id"]),
    )
    .map((job: { metadata: { name: string } }) => job.metadata.name);
}

test.use({ baseURL: pods().url });

test("a session lives from pod to pod: steered, approved, interrupted, evicted, refused, restored", async ({
  page,
}) => {
  test.setTimeout(600_000);
  const program = openProgram();
  await signIn(page);

  await test.step("the first turn runs in a pod, on a claim that is bound", async () => {
    await newSession(page, { profile: "demo", message: 'RUN `echo her""on > remembered.txt && cat remembered.txt`' });
    await expect(conversation(page)).toContainText("heron");
    await isIdle(page);
    const sessionId = sessionOf(page);
    expect(await jobsOf(program, sessionId)).toHaveLength(1);
    const address = page.url();
    await page.goto(`/storage?search=${sessionId}`);
    const row = page.getByRole("row").filter({ has: page.locator(`a[href*="${sessionId}"]`) });
    await expect(row).toContainText("Live");
    // A phase is shown where it is another than bound.
    await expect(row).not.toContainText("Pending");
    await page.goto(address);
    await ready(page);
  });

  await test.step("its Job, pod, events and log are told by the run's page while they are there", async () => {
    const [{ id: runId }] = (await program.ok("GET", `/runs?sessionId=${sessionOf(page)}`)).items;
    const job = await program.ok("GET", `/runs/${runId}/job`);
    expect(job).toMatchObject({ source: "live", executor: "kubernetes", details: { process: null, faults: [] } });
    const { pod, events } = job.details;
    expect(job.details.job.name).toBe((await jobsOf(program, sessionOf(page)))[0]);
    expect(pod).toMatchObject({ phase: "Running", node: expect.stringMatching(/./) });
    expect(pod.containers).toMatchObject([
      { name: "prepare", state: "terminated", exitCode: 0, restarts: 0 },
      { name: "runner", state: "running", isReady: true },
    ]);
    expect(events.map(({ of, reason }: { of: string; reason: string }) => `${of} ${reason}`)).toEqual(
      expect.arrayContaining(["Job SuccessfulCreate", "Pod Scheduled", "Pod Started"]),
    );
    const lines = ({ lines }: { lines: { text: string }[] }) => lines.map(({ text }) => text).join("\n");
    const log = await program.ok("GET", `/runs/${runId}/log`);
    expect(log).toMatchObject({ source: "live", container: "runner", containers: ["prepare", "runner"], note: null });
    expect(lines(log)).toContain('"msg":"turn started"');
    expect(Date.parse(log.lines[0].at)).toBeGreaterThan(Date.now() - 600_000);
    expect(lines(await program.ok("GET", `/runs/${runId}/log?container=prepare`))).toContain('"msg":"prepared"');
    const address = page.url();
    await page.goto(`/runs/${runId}?tab=job`);
    await expect(page.getByRole("table", { name: "Containers" })).toContainText("Running");
    await expect(page.getByRole("table", { name: "Events" })).toContainText("Scheduled");
    await page.goto(`/runs/${runId}?tab=log`);
    await expect(page.getByRole("log", { name: "Log" })).toContainText("turn started");
    await page.getByLabel("Container").selectOption("prepare");
    await expect(page.getByRole("log", { name: "Log" })).toContainText("prepared");
    await page.goto(address);
    await ready(page);
  });

  await test.step("a turn under way is steered", async () => {
    await say(page, "Do something long, please");
    await expect(conversation(page)).toContainText("step 1 of 8 is done");
    await say(page, "That is enough, stop there", "Steer");
    await expect(conversation(page)).toContainText("as you asked");
  });

  await test.step("a turn is interrupted", async () => {
    await isIdle(page);
    // Those of the turn before stand there already.
    const steps = conversation(page).getByText("step 1 of 8 is done");
    const before = await steps.count();
    await say(page, "Do something long again");
    await expect.poll(() => steps.count()).toBeGreaterThan(before);
    await interrupt(page).click();
    await isIdle(page);
  });

  await test.step("its volume is reported and archived, and its Job goes", async () => {
    await endRuns(page);
    const storage = await program.ok("GET", `/sessions/${sessionOf(page)}/storage`);
    expect(storage).toMatchObject({ storageKind: "pvc", storageState: "live", pvcPhase: "Bound", restorable: true });
    expect(storage.filesCount).toBeGreaterThan(1);
    await expect.poll(() => jobsOf(program, sessionOf(page))).toEqual([]);
  });

  await test.step("what its Job and pod were, and the end of its log, are kept", async () => {
    const [{ id: runId }] = (await program.ok("GET", `/runs?sessionId=${sessionOf(page)}`)).items;
    const job = await program.until(`/runs/${runId}/job`, ({ source }) => source === "kept");
    expect(job.details.pod.containers).toMatchObject([
      { name: "prepare", state: "terminated", exitCode: 0 },
      { name: "runner", state: "terminated", reason: "Completed", exitCode: 0 },
    ]);
    expect(job.details.faults).toEqual([]);
    const { lines } = await program.ok("GET", `/runs/${runId}/log`);
    expect(lines.at(-1)?.text).toContain('"msg":"ended"');
  });

  await test.step("the next turn goes on in another pod on the same claim", async () => {
    await say(page, 'RUN `cat remembered.txt && echo and-""still-here`');
    await expect(conversation(page)).toContainText("and-still-here");
    await isIdle(page);
    await endRuns(page);
  });

  await test.step("evicted, it is refused, and no Job is made", async () => {
    const sessionId = sessionOf(page);
    const { pvcName } = await program.ok("GET", `/sessions/${sessionId}/storage`);
    await evictVolume(page, "to see it refused");
    await program.until(`/sessions/${sessionId}/storage`, ({ storageState }) => storageState === "evicted");
    await expect.poll(() => program.list("persistentvolumeclaims")).not.toContain(`persistentvolumeclaim/${pvcName}`);
    const run = await program.run(sessionId);
    await program.turn(run.id, 'RUN `cat remembered.txt && echo restored-""too`');
    expect(await program.send("POST", `/runs/${run.id}/runner-jobs`, {})).toMatchObject({
      status: 409,
      body: { error: { failureKind: "session-store-evicted", details: { restorable: true } } },
    });
    expect(await jobsOf(program, sessionId)).toEqual([]);
  });

  await test.step("restored, the turn that waited goes on with the workspace and the conversation", async () => {
    await page.getByRole("button", { name: "Restore from archive" }).click();
    await page.getByRole("link", { name: "Conversation", exact: true }).click();
    await expect(conversation(page)).toContainText("restored-too");
    await isIdle(page);
  });
});

test("an approval is asked from a pod, and answered into it from the console", async ({ page }) => {
  await signIn(page);
  // `on-request` asks to leave a sandbox, and there is no way out of a pod.
  const message = "RUN `touch approved-by-a-person && ls`";
  await newSession(page, { profile: "demo", message, approvals: "untrusted" });
  await page.getByRole("button", { name: "Accept", exact: true }).click();
  await expect(conversation(page)).toContainText("It printed");
  await isIdle(page);
  await endRuns(page);
});

test("web and worker are rolled in the middle of a turn: nothing is lost, nothing doubled", async ({ page }) => {
  test.setTimeout(600_000);
  const program = openProgram();
  await signIn(page);
  await newSession(page, { profile: "demo", message: "RUN `for i in $(seq 90); do echo tick-$i; sleep 1; done`" });
  await expect(conversation(page)).toContainText("tick-1");
  program.kubectl("rollout", "restart", "deployment/agentrun-web", "deployment/agentrun-worker");
  for (const name of ["web", "worker"])
    program.kubectl("rollout", "status", `deployment/agentrun-${name}`, "--timeout=180s");
  await expect(conversation(page)).toContainText("tick-90");
  await isIdle(page);
  const { items } = await program.ok("GET", `/runs?sessionId=${sessionOf(page)}`);
  expect(items).toHaveLength(1);
  const events = await program.events(items[0].id);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  const ended = events.filter(({ type, payload }) => type === "command_execution" && payload.status === "completed");
  expect(ended).toHaveLength(1);
  const printed = (await program.outputs(items[0].id)).join("").trim().split("\n");
  expect(printed).toEqual(Array.from({ length: 90 }, (_, index) => `tick-${index + 1}`));
  await endRuns(page);
});
