import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { VIEW_PAGES } from "@/contract/words";
import { AUDIT_QUERY } from "./audit";
import { parseDuration, printDuration } from "./kinds";
import { OPERATORS, printQuery, QUERY_MAX } from "./language";
import { parsePairs } from "./metadata";
import { nearest } from "./nearest";
import { conditionsOf, printFilter, type QueryPage } from "./page";
import { QUERY_PAGES, queryPage } from "./pages";
import { parseQuery } from "./parse";
import { ANY_TIME, fixRange, isInRange, rangeInput } from "./range";
import { readQuery } from "./read";
import { RUN_QUERY } from "./runs";
import { SESSION_QUERY } from "./sessions";
import { STORAGE_QUERY } from "./storage";
import { TASK_QUERY, tasksInput } from "./tasks";

/** Hostile text: made of the language's own pieces and of anything else. */
const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom("-", '"', "\\", ":", "~", "<", ">", "=", " ", "\t", "\u2028", "state", "age", "a", "\ud800"),
        fc.constantFrom("metadata.", "meta.", "META.", 'meta."', "metadata", ".", "7"),
        fc.string({ maxLength: 4 }),
      ),
      { maxLength: 40 },
    )
    .map((pieces) => pieces.join("")),
);
const somewhatOdd = fc.oneof(fc.string({ unit: "binary", maxLength: 12 }), hostile);
const meant = { isNot: fc.boolean(), operator: fc.constantFrom(...OPERATORS), value: somewhatOdd };
const conditions = fc.array(
  fc.oneof(
    fc.record({ ...meant, key: fc.option(fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,8}$/)) }),
    fc.record({ ...meant, key: fc.constantFrom("metadata", "meta", "Meta"), of: somewhatOdd }),
  ),
  { maxLength: 6 },
);
const said = (text: string) => parseQuery(text).map(({ start, valueAt, end, ...condition }) => condition);

test("any text parses, and its printed form parses to the same and prints itself", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const parts = parseQuery(text);
      for (const { start, valueAt, end } of parts) expect(start <= valueAt && valueAt <= end).toBe(true);
      const printed = printQuery(parts);
      // Quoting a value of maximum length may make it too long.
      if (printed.length > QUERY_MAX) return;
      expect(said(printed)).toEqual(said(text));
      expect(printQuery(parseQuery(printed))).toBe(printed);
    }),
    { numRuns: 3_000 },
  );
});

test("any conditions parse back from their printed form", () => {
  fc.assert(
    fc.property(conditions, (list) => {
      const meant = list.map((condition) =>
        condition.key === null ? { ...condition, operator: ":" as const } : condition,
      );
      const printed = printQuery(meant);
      if (printed.length <= QUERY_MAX) expect(said(printed)).toEqual(meant);
    }),
    { numRuns: 3_000 },
  );
});

test("parts have positions, and long hostile text parses quickly", () => {
  const text = 'state:running  age>=2h title~"fla\\"ky one" -tag:smoke "a b" -x';
  expect(parseQuery(text).map(({ start, end }) => text.slice(start, end))).toEqual([
    ...["state:running", "age>=2h", 'title~"fla\\"ky one"', "-tag:smoke", '"a b"', "-x"],
  ]);
  expect(said(text)).toEqual([
    { isNot: false, key: "state", operator: ":", value: "running" },
    { isNot: false, key: "age", operator: ">", value: "2h" },
    { isNot: false, key: "title", operator: "~", value: 'fla"ky one' },
    { isNot: true, key: "tag", operator: ":", value: "smoke" },
    { isNot: false, key: null, operator: ":", value: "a b" },
    { isNot: true, key: null, operator: ":", value: "x" },
  ]);
  const startMs = performance.now();
  for (const unit of ['"', "\\", "-", 'a:"\\', " ", "-a~"]) parseQuery(unit.repeat(1_000_000));
  expect(performance.now() - startMs).toBeLessThan(1_000);
});

test("on every page any text parses without a throw, and a printed filter parses back", () => {
  for (const page of VIEW_PAGES) {
    const registry = queryPage(page);
    const keys = registry.keys.map(({ name }) => name);
    const some = fc.oneof(
      hostile,
      fc
        .array(
          fc.tuple(
            fc.constantFrom("", "", "-"),
            fc.constantFrom(...keys, "metadata.a", 'meta."b c"', "metadata.a:b", "meta."),
            fc.constantFrom(":", "<", ">", "~"),
            fc.constantFrom("2h", "90m", "7d", "yes", "no", "running", "live", "failed", "x", '"a b"', "2026-01-01"),
          ),
          { maxLength: 4 },
        )
        .map((parts) => parts.map((part) => part.join("")).join(" ")),
    );
    fc.assert(
      fc.property(some, (text) => {
        const { filter, problems } = readQuery(registry, text);
        for (const { start, end, message, fix } of problems) {
          expect(start <= end && message.length > 0).toBe(true);
          // The suggested fix is accepted, or is wrong in another place.
          if (fix !== null)
            expect(readQuery(registry, fix).problems.map((other) => other.message)).not.toContain(message);
        }
        if (problems.length > 0) return;
        const printed = printFilter(registry, filter);
        if (printed.length > QUERY_MAX) return;
        expect(readQuery(registry, printed)).toEqual({ filter, problems: [] });
      }),
      { numRuns: 500 },
    );
  }
});

const problemOf = (page: QueryPage<never> | unknown, text: string) =>
  readQuery(page as QueryPage, text).problems.map(({ message, fix }) => [message, fix]);

test("a query sets its page's filter, and a filter prints as a query", () => {
  const text = 'state:running profile:codex age<2h unread:yes "two  words"';
  const { filter, problems } = readQuery(SESSION_QUERY, text);
  expect(problems).toEqual([]);
  expect(filter).toEqual({
    ...SESSION_QUERY.none,
    ...{ state: "running", profile: "codex", within: 2, unread: true, search: "two  words" },
  });
  expect(printFilter(SESSION_QUERY, filter)).toBe('state:running profile:codex unread:yes age<2h "two  words"');
  expect(readQuery(SESSION_QUERY, 'title~"flaky"').filter.search).toBe("flaky");
  expect(printFilter(SESSION_QUERY, { ...SESSION_QUERY.none, search: "flaky one" })).toBe("flaky one");
  expect(readQuery(STORAGE_QUERY, "-pinned:yes expired:no").filter).toMatchObject({ pinned: false, expired: false });
  expect(readQuery(STORAGE_QUERY, "size>1GiB archive:behind attached:no expires<2d").filter).toMatchObject({
    ...{ larger: "1GiB", archive: "behind", attached: false, expires: 48 },
  });
  expect(readQuery(TASK_QUERY, "lane:fast age>2h state:all").filter).toMatchObject({
    lane: "fast",
    older: 2,
    state: "all",
  });
  expect(printFilter(TASK_QUERY, TASK_QUERY.none)).toBe("");
  expect(conditionsOf(RUN_QUERY, { ...RUN_QUERY.none, status: "failed" })).toEqual([
    { isNot: false, key: "status", operator: ":", value: "failed", field: "status" },
  ]);
});

test("reports what it does not understand with a suggestion, and drops nothing silently", () => {
  expect(problemOf(SESSION_QUERY, "stat:running")).toEqual([
    ["Unknown filter “stat”: did you mean “state”?", "state:running"],
  ]);
  expect(problemOf(RUN_QUERY, "state:failed")).toEqual([
    ["Unknown filter “state”: did you mean “status”?", "status:failed"],
  ]);
  expect(problemOf(SESSION_QUERY, "state:runing")).toEqual([
    ["Unknown state “runing”: did you mean “running”?", "state:running"],
  ]);
  expect(problemOf(SESSION_QUERY, "-profile:codex")[0]?.[0]).toContain("cannot be used here");
  expect(problemOf(SESSION_QUERY, "profile~codex")).toEqual([
    ["“profile~” cannot be used here: write profile:…", "profile:codex"],
  ]);
  expect(problemOf(SESSION_QUERY, "-smoke")).toEqual([
    ["“-smoke” cannot be used here: lists are searched for what matches only", '"-smoke"'],
  ]);
  expect(problemOf(SESSION_QUERY, "http://x")[0]?.[1]).toBe('"http://x"');
  expect(problemOf(SESSION_QUERY, "state:idle state:idle")).toEqual([["“state” is said twice", null]]);
  expect(problemOf(SESSION_QUERY, "title~a b")).toEqual([["“b” is said twice", null]]);
  expect(problemOf(SESSION_QUERY, "unread:maybe")[0]?.[0]).toContain("yes or no");
  for (const wrong of ["age<2", "age<0h", "age<-1h", "age<9999d", "age<1.5h", "age<", "age:2h"])
    expect([wrong, problemOf(SESSION_QUERY, wrong).length]).toEqual([wrong, 1]);
  for (const wrong of ["since:now", "since:2026-02-31T25:00:00Z", "since:2026-01-01T00:00:00", "since:0001-01-01"])
    expect([wrong, problemOf(RUN_QUERY, wrong).length]).toEqual([wrong, 1]);
  for (const wrong of ["size>1", "size>0GiB", "size>1GB", "size>99999GiB", "size<1GiB"])
    expect([wrong, problemOf(STORAGE_QUERY, wrong).length]).toEqual([wrong, 1]);
  expect(problemOf(AUDIT_QUERY, "x y")).toEqual([]);
  expect(problemOf(SESSION_QUERY, `state:idle${" ".repeat(QUERY_MAX)}`)).toHaveLength(1);
});

test("several metadata conditions combine, and a filter prints them as one text", () => {
  const { filter, problems } = readQuery(
    TASK_QUERY,
    'meta.ticket:7 metadata.team:"shop floor" lane:fast META."a b:c":x',
  );
  expect(problems).toEqual([]);
  expect(filter).toMatchObject({ lane: "fast", metadata: '"a b:c":x team:"shop floor" ticket:7' });
  expect(printFilter(TASK_QUERY, filter)).toBe(
    'lane:fast metadata."a b:c":x metadata.team:"shop floor" metadata.ticket:7',
  );
  expect(tasksInput(filter, null).metadata).toEqual({ "a b:c": "x", team: "shop floor", ticket: "7" });
  expect(tasksInput(readQuery(TASK_QUERY, "meta.__proto__:7").filter, null).metadata).toEqual(
    JSON.parse('{"__proto__":"7"}'),
  );
  expect(problemOf(SESSION_QUERY, "meta.a:1 metadata.a:2")).toEqual([["“metadata.a” is said twice", null]]);
  expect(problemOf(SESSION_QUERY, "-metadata.a:1")[0]?.[0]).toContain("“-metadata.a” cannot be used here");
  expect(problemOf(SESSION_QUERY, "meta.a>1")).toEqual([["“meta.a>” cannot be used here: write meta.a:…", "meta.a:1"]]);
  for (const wrong of ["metadata:7", "metadata.:7", 'metadata."":7', "metadata.a:", `meta.${"n".repeat(201)}:7`])
    expect([wrong, problemOf(SESSION_QUERY, wrong).length]).toEqual([wrong, 1]);
  expect(problemOf(SESSION_QUERY, "meta.a:1 meta.b:1 meta.c:1 meta.d:1 meta.e:1 meta.f:1")).toEqual([
    ["“meta” is said for 5 names at most", null],
  ]);
  expect(problemOf(RUN_QUERY, "metadata.a:1")[0]?.[1]).toBe('"metadata.a:1"');
  // Any other word with a dot is still a plain word.
  expect(readQuery(SESSION_QUERY, "list.ts:12").filter.search).toBe("list.ts:12");
});

test("accepts URL pairs exactly as a query would write them", () => {
  expect(parsePairs('team:shop  ticket:"7"')).toBe("team:shop ticket:7");
  expect(parsePairs('"b b":"1 2" a:"x\\"y"')).toBe('a:x"y "b b":"1 2"');
  for (const wrong of ["", "ticket", ":7", 'a:""', "a:\u0007", "a:1 b:1 c:1 d:1 e:1 f:1"])
    expect([wrong, parsePairs(wrong)]).toEqual([wrong, null]);
  fc.assert(
    fc.property(
      fc.oneof(
        hostile,
        fc.array(hostile).map((parts) => parts.join(":")),
      ),
      (text) => {
        const metadata = parsePairs(text);
        if (metadata === null) return;
        expect(parsePairs(metadata)).toBe(metadata);
        const printed = printFilter(TASK_QUERY, { ...TASK_QUERY.none, metadata });
        if (printed.length <= QUERY_MAX) expect(readQuery(TASK_QUERY, printed).filter.metadata).toBe(metadata);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("on the audit page a bare word is a caller, an action or an id, by its form", () => {
  const read = (text: string) => readQuery(AUDIT_QUERY, text);
  expect(read(" operator:admin ").filter).toMatchObject({ actor: "operator:admin", target: null });
  expect(read("runs.cancel").filter).toMatchObject({ action: "runs.cancel" });
  expect(read("storage.gc.deleting age<1h").filter).toMatchObject({ action: "storage.gc.deleting", within: 1 });
  expect(read("aud_1").filter).toMatchObject({ id: "aud_1" });
  // Callers choose session ids: an id may look like anything else.
  expect(read("release.v1").filter).toMatchObject({ target: "release.v1" });
  expect(read("target:team:ses").filter).toMatchObject({ target: "team:ses" });
  expect(printFilter(AUDIT_QUERY, read("ses_1 operator:ann").filter)).toBe("actor:operator:ann target:ses_1");
});

test("suggests the nearest word, and none where none is near", () => {
  expect(nearest("pofile", ["state", "profile"])).toBe("profile");
  expect(nearest("prfoile", ["state", "profile"])).toBe("profile");
  expect(nearest("pro", ["project", "profile"])).toBe("project");
  expect(nearest("Lane", ["lane"])).toBe("lane");
  expect(nearest("zzzz", ["state", "profile"])).toBeNull();
  expect(nearest("x".repeat(10_000), ["state"])).toBeNull();
});

test("durations parse as they print, and ranges set matching inputs", () => {
  for (const typed of ["1m", "90m", "2h", "24h", "7d", "365d"])
    expect(printDuration(parseDuration(typed) ?? 0)).toBe(typed);
  expect(printDuration(parseDuration("1w") ?? 0)).toBe("7d");
  expect(printDuration(parseDuration("120m") ?? 0)).toBe("2h");
  expect(rangeInput({ ...ANY_TIME, within: 24 })).toEqual({ withinHours: 24 });
  expect(rangeInput({ ...ANY_TIME, within: 0.5, older: 0.25 })).toEqual({ withinMinutes: 30, olderThanMinutes: 15 });
  const nowMs = Date.parse("2026-01-02T00:00:00Z");
  expect(fixRange({ within: 24, older: 1, since: null, until: "2026-01-01T12:00:00Z" }, nowMs)).toEqual({
    ...{ within: null, older: null, since: "2026-01-01T00:00:00.000Z", until: "2026-01-01T12:00:00.000Z" },
  });
  expect(isInRange({ ...ANY_TIME, older: 2 }, nowMs - 3_600_000, nowMs)).toBe(false);
  expect(isInRange({ ...ANY_TIME, within: 2 }, nowMs - 3_600_000, nowMs)).toBe(true);
});

test("docs/CONSOLE.md lists every key of every page", () => {
  const document = readFileSync(new URL("../../docs/CONSOLE.md", import.meta.url), "utf8");
  const rows = document.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  for (const page of Object.values(QUERY_PAGES) as unknown as QueryPage[]) {
    const section = rows.filter(([, first]) => first === page.page).map(([, , ...cells]) => cells.slice(0, 3));
    expect(section, page.page).toEqual(page.keys.map((key) => [`\`${formsOf(key)}\``, valuesOf(key), key.help]));
  }
});

function formsOf({ name, kind, fields }: QueryPage["keys"][number]): string {
  return Object.keys(fields)
    .map((operator) => `${name}${kind === "pairs" ? ".NAME" : ""}${operator}`)
    .join(" ");
}

function valuesOf({ kind, values }: QueryPage["keys"][number]): string {
  if (kind === "choice") return (values ?? []).map((value) => `\`${value}\``).join(", ");
  return {
    text: "text",
    columns: "ids of columns",
    id: "an id",
    flag: "`yes`, `no`",
    duration: "such as `30m`, `2h`, `7d`",
    instant: "a day or an instant",
    size: "such as `100MiB`, `1GiB`",
    pairs: "a text, a number, `true`, `false`, `null`",
  }[kind];
}
