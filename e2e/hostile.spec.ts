import type { Page } from "@playwright/test";
import { expect, ready, signIn, test } from "./fixtures";
import { Product } from "./product";

/** What runs where a page takes text for markup, in every form in which it has been tried. */
const SEEDS = [
  "<script>window.__ran=1</script>",
  "<img src=x onerror=window.__ran=1>",
  "<img src=//203.0.113.9/a.png>",
  "<svg onload=window.__ran=1>",
  "<svg><script>window.__ran=1</script></svg>",
  "<svg><animate onbegin=window.__ran=1 attributeName=x dur=1s>",
  "<math><mtext><style><img src onerror=window.__ran=1></style></mtext></math>",
  "<iframe srcdoc='<script>parent.__ran=1</script>'></iframe>",
  "<iframe src=javascript:parent.__ran=1></iframe>",
  "<object data=javascript:window.__ran=1></object>",
  "<embed src=//203.0.113.9/a.swf>",
  "<link rel=stylesheet href=//203.0.113.9/a.css>",
  "<style>@import url(//203.0.113.9/a.css)</style>",
  "<base href=//203.0.113.9/>",
  "<meta http-equiv=refresh content='0;url=//203.0.113.9/'>",
  "<form action=//203.0.113.9/><button autofocus onfocus=window.__ran=1>go</button></form>",
  "<details open ontoggle=window.__ran=1>x</details>",
  "<input autofocus onfocus=window.__ran=1>",
  "<video><source onerror=window.__ran=1></video>",
  "<a href=javascript:window.__ran=1>click</a>",
  "<body onload=window.__ran=1>",
  "<template><script>window.__ran=1</script></template>",
  "<noscript><p title='</noscript><img src=x onerror=window.__ran=1>'>",
  "</textarea><script>window.__ran=1</script>",
  "</title><script>window.__ran=1</script>",
  "</script><script>window.__ran=1</script>",
  "'><script>window.__ran=1</script>",
  '"><script>window.__ran=1</script>',
  "--><script>window.__ran=1</script>",
  "]]><script>window.__ran=1</script>",
  "[click](javascript:window.__ran=1)",
  "[click](JaVaScRiPt:window.__ran=1)",
  "[click](data:text/html,<script>window.__ran=1</script>)",
  "[click](vbscript:window.__ran=1)",
  "![picture](//203.0.113.9/a.png)",
  "![picture](https://203.0.113.9/a.png)",
  "<javascript:window.__ran=1>",
  "[a]: javascript:window.__ran=1\n\n[a]",
  "```html\n<script>window.__ran=1</script>\n```",
  "$(touch x) `touch x` {{constructor.constructor('window.__ran=1')()}} $\u007bwindow.__ran=1}",
  "\u001b]8;;javascript:window.__ran=1\u0007click\u001b]8;;\u0007",
  "\u001b[31m<script>window.__ran=1</script>\u001b[0m",
  "\u202egnp.exe\u202c \u2066<b>\u2069",
  "__proto__ constructor toString",
  "%3Cscript%3Ewindow.__ran=1%3C/script%3E &lt;script&gt;window.__ran=1&lt;/script&gt;",
  "<x onclick=window.__ran=1 style=position:fixed;inset:0>x</x>",
  "<a href='//203.0.113.9/' target=_blank>out</a>",
  "javascript:window.__ran=1//",
  "https://203.0.113.9/\u0000<script>window.__ran=1</script>",
  "<img src='data:image/svg+xml,<svg onload=window.__ran=1>'>",
];
const FORMS: ((seed: string) => string)[] = [
  (seed) => seed,
  (seed) =>
    seed.toUpperCase().replaceAll("__RAN", "__ran").replaceAll("WINDOW", "window").replaceAll("PARENT", "parent"),
  (seed) => `before ${seed} after`,
  (seed) => `\n\n${seed}\n\n> ${seed}\n- ${seed}`,
];
const STRINGS = SEEDS.flatMap((seed) => FORMS.map((form) => form(seed)));
/** What stands in one line: names refuse control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it takes out.
const plain = (text: string) => text.replaceAll(/[\u0000-\u001f\u007f]+/g, " ").trim();

const POST = (page: Page, path: string, data: unknown) =>
  page.request.post(`/api/v1${path}`, { data, headers: { origin: new URL(page.url()).origin } });

async function post(page: Page, path: string, data: unknown): Promise<{ id: string; sessionId: string }> {
  const answer = await POST(page, path, data);
  expect(answer.status(), `${path}: ${await answer.text()}`).toBe(200);
  return answer.json();
}

function eventsOf(text: string): { type: string; payload: Record<string, unknown> }[] {
  const item = { itemId: `i${text.length}`, text, command: text, cwd: text, output: text, exitCode: 1, message: text };
  const changes = [{ path: text, kind: "update", diff: `@@ -1 +1 @@\n-${text}\n+${text}` }];
  return [
    { type: "user_message", payload: item },
    { type: "assistant_message", payload: item },
    { type: "reasoning", payload: item },
    { type: "plan", payload: { steps: [{ step: text, status: text }], explanation: text } },
    { type: "command_execution", payload: { ...item, status: "completed" } },
    { type: "command_output", payload: item },
    { type: "tool_call", payload: { ...item, tool: text, server: text, arguments: { [text]: text } } },
    { type: "tool_output", payload: { ...item, tool: text, result: text } },
    { type: "file_change", payload: { ...item, changes } },
    { type: "diff", payload: { ...item, diff: `--- a/${text}\n+++ b/${text}\n@@ -1 +1 @@\n-${text}\n+${text}` } },
    { type: "warning", payload: item },
    { type: "error", payload: item },
  ];
}

test(`${STRINGS.length} hostile strings, in every place that shows what others wrote, are text and nothing else`, async ({
  browser,
  watchPage,
}) => {
  test.setTimeout(300_000);
  // Its runs are this test's own.
  await using product = await Product.start({ AGENTRUN_EXECUTOR: "none" });
  const context = await browser.newContext({ baseURL: product.url });
  const page = await context.newPage();
  watchPage(page);
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(window, { __violations: seen });
    document.addEventListener("securitypolicyviolation", (event) =>
      seen.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  page.on("dialog", (dialog) => void dialog.dismiss());
  await signIn(page, product);

  const session = await post(page, "/sessions", {
    ...{ title: plain(STRINGS[0] ?? ""), backendProfile: "codex", storage: { kind: "none" } },
    metadata: Object.fromEntries(STRINGS.slice(0, 20).map((text, index) => [`k${index}`, text])),
  });
  const { sessionId } = session;
  const run = await post(page, "/runs", { backendProfile: "codex", sessionRef: { sessionId } });
  await post(page, `/runs/${run.id}/commands`, { type: "turn", payload: { text: STRINGS[1] } });
  await post(page, `/runs/${run.id}/claim`, { runnerId: "runner_hostile", leaseMs: 3_600_000 });
  for (let from = 0; from < STRINGS.length; from += 40)
    await post(page, `/runs/${run.id}/events`, { events: STRINGS.slice(from, from + 40).flatMap(eventsOf) });
  const named = STRINGS.filter((_, index) => index % 5 === 0).map((text) => ({ text, title: plain(text) || "x" }));
  const tasks = named.map(({ text, title }) => ({
    ...{ title, backendProfile: "codex", payload: { text }, metadata: { concurrencyKey: text } },
  }));
  const added = await POST(page, "/queue/tasks/batch", { tasks });
  expect((await added.json()).items.filter((item: object) => !("task" in item))).toEqual([]);
  for (const { title } of named)
    await post(page, "/sessions", { title, backendProfile: "codex", storage: { kind: "none" } });
  for (const [index, text] of STRINGS.slice(0, 40).entries())
    await post(page, `/runs/${run.id}/approvals`, {
      ...{ requestKey: `k${index}`, kind: "command", command: text, cwd: text, reason: text, leaseEpoch: 1 },
    });
  const [task] = (await (await page.request.get("/api/v1/queue/tasks")).json()).items as { id: string }[];

  const addresses = [
    "/",
    ...["/sessions", `/sessions?search=${encodeURIComponent(STRINGS[0] ?? "")}`, "/queue", `/queue/${task?.id}`],
    ...["/approvals", "/runs", `/runs/${run.id}`, `/runs/${run.id}?tab=events`, "/runners", "/storage", "/audit"],
    ...["", "?tab=trace", "?tab=timeline", "?tab=changes", "?tab=runs", "?tab=storage"].map(
      (tab) => `/sessions/${sessionId}${tab}`,
    ),
  ];
  for (const address of addresses) {
    await page.goto(address);
    await ready(page);
    // What is folded away, and what is only drawn when it comes into sight.
    await page.evaluate(() => {
      for (const fold of document.querySelectorAll("details")) fold.open = true;
      for (const box of document.querySelectorAll("main, [tabindex]")) box.scrollTop = box.scrollHeight / 2;
    });
    const found = await page.evaluate(() => ({
      ran: (window as { __ran?: unknown }).__ran,
      violations: (window as unknown as { __violations: string[] }).__violations,
      images: [...document.querySelectorAll("img, iframe, object, embed, video, base, form[action]")].map((element) =>
        element.outerHTML.slice(0, 80),
      ),
      links: [...document.querySelectorAll("a[href]")]
        .map((link) => link.getAttribute("href") ?? "")
        .filter((href) => !/^(\/|#|https?:|mailto:)/i.test(href)),
    }));
    expect(found, address).toEqual({ ran: undefined, violations: [], images: [], links: [] });
    expect(new URL(page.url()).origin, address).toBe(product.url);
  }
  await context.close();
});
