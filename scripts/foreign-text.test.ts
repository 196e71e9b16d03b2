import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { findForeignText } from "./foreign-text.mjs";

const projectRoot = path.resolve(import.meta.dirname, "..");

const textsOf = (source: string, name = "components/planted.tsx") =>
  findForeignText(name, source).map(({ text }) => text);

test("finds foreign text wherever it is rendered raw", () => {
  const drawn = {
    "<p>{task.title}</p>": ["task.title"],
    "<p>{run.failureMessage ?? run.failureKind}</p>": ["run.failureMessage"],
    "<p>{isShort ? item.text : <b>{item.command}</b>}</p>": ["item.text", "item.command"],
    "<p title={item.cwd}>x</p>": ["item.cwd"],
    "<b aria-label={`Choose $\u007btask.title}`} />": ["task.title"],
    "<p>{`a $\u007btext}`.trim()}</p>": ["text"],
    "<pre>{JSON.stringify(event, null, 2)}</pre>": ["JSON.stringify(event, null, 2)"],
    "<p>{describe(event)}</p>": ["describe(event)"],
    "<p>{item.text.slice(0, 9)}</p>": ["item.text"],
    "<p>{String(message)}</p>": ["message"],
    "<li>{model}</li>": ["model"],
    "<p title={row.targetId}>{loop.failure}</p>": ["row.targetId", "loop.failure"],
  };
  for (const [jsx, expected] of Object.entries(drawn))
    expect(textsOf(`export const Planted = () => ${jsx};`), jsx).toEqual(expected);
  expect(textsOf("const failure = run.failureMessage;\nexport const A = () => <p>{failure}</p>;")).toEqual([
    "run.failureMessage",
  ]);
  expect(textsOf("function Planted({ task }) {\n  if (task.isOver) return task.reason;\n  return <p />;\n}")).toEqual([
    "task.reason",
  ]);
  const part = 'const [first = ""] = item.text.split(" ");\nexport const A = () => <p>{first}</p>;';
  expect(textsOf(part)).toEqual(["item.text"]);
  expect(textsOf("const A = [{ cell: (row) => row.message }];")).toEqual(["row.message"]);
  expect(textsOf("toast.success(`Done: $\u007btask.title}`);")).toEqual(["task.title"]);
});

test("accepts text that is revealed, counted, or rendered by its own component", () => {
  for (const jsx of [
    "<p>{revealHidden(task.title)}</p>",
    "<p>{task.title !== null && revealHiddenInName(task.title)}</p>",
    "<p>{item.text.length}</p>",
    "<p>{formatPlural(count, 'event')}</p>",
    "<Markdown text={item.text} />",
    "<p>{items.map((item) => <Row key={item.title} item={item} />)}</p>",
    "<p>{readError(error).message}</p>",
  ])
    expect(textsOf(`export const Planted = () => ${jsx};`), jsx).toEqual([]);
  const given = "export const Primitive = ({ title }) => <h2>{title}</h2>;";
  expect(textsOf(given, "components/ui/planted.tsx")).toEqual([]);
  expect(textsOf(given)).toEqual(["title"]);
});

test("nothing renders foreign text raw", async () => {
  const entries = await Promise.all(
    ["app", "components"].map(async (folder) =>
      (await readdir(path.join(projectRoot, folder), { recursive: true })).map((file) => path.posix.join(folder, file)),
    ),
  );
  const files = entries.flat().filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file));
  expect(files.length).toBeGreaterThan(250);
  const found: string[] = [];
  for (const file of files) {
    const source = await readFile(path.join(projectRoot, file), "utf8");
    found.push(...findForeignText(file, source).map(({ line, text }) => `${file}:${line} ${text}`));
  }
  expect(found).toEqual([]);
});
