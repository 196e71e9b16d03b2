import { expect, test, vi } from "vitest";
import { currentHref, navItems } from "./nav-items";
import { makeShortcutHandler, pageShortcuts, type Shortcut, setPageShortcuts } from "./shortcuts";

function setUp() {
  const hits: string[] = [];
  let nowMs = 0;
  const shortcut = (keys: string): Shortcut => ({ keys, name: keys, group: "Act", run: () => hits.push(keys) });
  const shortcuts = ["mod+k", "?", "c", "j", " ", "g s", "g r"].map(shortcut);
  const handle = makeShortcutHandler(() => shortcuts);
  const press = (key: string, more: Record<string, unknown> = {}) =>
    handle({
      key,
      metaKey: false,
      ctrlKey: false,
      altKey: false,
      isComposing: false,
      repeat: false,
      defaultPrevented: false,
      timeStamp: nowMs,
      target: null,
      preventDefault: () => {},
      ...more,
    });
  return {
    hits,
    press,
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}
const input = { tagName: "INPUT" };

test("single keys, chords and sequences run their actions", () => {
  const { hits, press } = setUp();
  press("c");
  press("k", { ctrlKey: true });
  press("g");
  press("s");
  expect(hits).toEqual(["c", "mod+k", "g s"]);
});

test("a slow sequence is dropped", () => {
  const { hits, press, wait } = setUp();
  press("g");
  wait(2_000);
  press("s");
  expect(hits).toEqual([]);
});

test("a timely sequence counts, even when the page handles it late", () => {
  vi.useFakeTimers();
  try {
    const { hits, press } = setUp();
    press("g");
    vi.advanceTimersByTime(5_000);
    press("s");
    expect(hits).toEqual(["g s"]);
  } finally {
    vi.useRealTimers();
  }
});

test("no shortcut fires while typing, except for the palette", () => {
  const { hits, press } = setUp();
  press("c", { target: input });
  press("c", { isComposing: true });
  press("K", { metaKey: true, target: input });
  expect(hits).toEqual(["mod+k"]);
});

test("the space bar belongs to a focused button, checkbox or scroll area first", () => {
  const { hits, press } = setUp();
  for (const tagName of ["BUTTON", "SUMMARY", "INPUT"]) press(" ", { target: { tagName, type: "checkbox" } });
  press(" ", { target: { tagName: "DIV", getAttribute: () => "0" } });
  expect(hits).toEqual([]);
  press(" ", { target: { tagName: "A", getAttribute: () => null } });
  expect(hits).toEqual([" "]);
});

test("a key in a dialog does not act on the page behind it", () => {
  const { hits, press } = setUp();
  const target = { tagName: "BUTTON", closest: (selector: string) => (selector.includes("[role=dialog]") ? {} : null) };
  press("c", { target });
  press("k", { ctrlKey: true, target });
  expect(hits).toEqual(["mod+k"]);
});

test("a page's keys apply while it is shown, and an earlier page's unmount keeps a later page's", () => {
  const first: Shortcut[] = [{ keys: "c", name: "cancel", group: "This page", run: () => {} }];
  const second: Shortcut[] = [{ keys: "r", name: "retry", group: "This page", run: () => {} }];
  const endFirst = setPageShortcuts(first);
  const endSecond = setPageShortcuts(second);
  endFirst();
  expect(pageShortcuts()).toEqual(second);
  endSecond();
  expect(pageShortcuts()).toEqual([]);
});

test("a part of a page has its own keys, which take precedence", () => {
  const shortcut = (keys: string, name: string): Shortcut => ({ keys, name, group: "This page", run: () => {} });
  const endPage = setPageShortcuts([shortcut("c", "cancel"), shortcut("f", "force")]);
  const endPart = setPageShortcuts([shortcut("f", "follow")]);
  expect(pageShortcuts().map(({ name }) => name)).toEqual(["follow", "cancel"]);
  endPart();
  expect(pageShortcuts().map(({ name }) => name)).toEqual(["cancel", "force"]);
  endPage();
  expect(pageShortcuts()).toEqual([]);
});

test("every page has its own navigation keys", () => {
  const keys = navItems(true).map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});

test("a held key repeats only movement", () => {
  const { hits, press } = setUp();
  press("c");
  press("c", { repeat: true });
  press("j");
  press("j", { repeat: true });
  expect(hits).toEqual(["c", "j", "j"]);
});

test.each([
  ["/", "/"],
  ["/sessions/ses_1", "/sessions"],
  ["/compare", "/sessions"],
  ["/settings", "/settings"],
  ["/settings/webhooks/wh_1", "/settings/webhooks"],
  ["/nothing", undefined],
])("at %s the sidebar marks %s", (pathname, href) => {
  expect(currentHref(pathname)).toBe(href);
});
