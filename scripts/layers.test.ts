import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const projectRoot = path.resolve(import.meta.dirname, "..");

/** What each layer must not import, and something that it may. */
const LAYERS: { file: string; forbidden: string[]; allowed: string[] }[] = [
  { file: "contract/planted.ts", forbidden: ["@/db", "pino", "node:fs", "../db/x"], allowed: ["zod", "./run"] },
  { file: "db/queries/planted.ts", forbidden: ["@/server/runs", "@trpc/server"], allowed: ["@/contract/run", "pg"] },
  { file: "db/test/planted.ts", forbidden: ["@/server/runs"], allowed: ["@/supervisor/postgres/cluster"] },
  {
    file: "server/runs/planted.ts",
    forbidden: [
      ...["@/server/trpc", "@/server/sessions/create", "@/server/wiring", "@/server/mcp"],
      ...["@trpc/server", "next/server"],
    ],
    allowed: ["@/db/client", "drizzle-orm", "@/server/sessions", "@/server/executors/executor", "@/server/errors"],
  },
  { file: "server/main.ts", forbidden: ["@/db/client", "drizzle-orm", "pg"], allowed: ["next", "@/server/rest"] },
  { file: "server/wiring.ts", forbidden: ["@/app/page"], allowed: ["@/db/client", "@/server/executors/none"] },
  { file: "server/rest/planted.ts", forbidden: ["@/db/client", "pg"], allowed: ["@/server/trpc"] },
  { file: "server/mcp/tools/planted.ts", forbidden: ["@/db/client", "pg"], allowed: ["@/server/rest"] },
  { file: "server/http/planted.ts", forbidden: ["@/db/client", "drizzle-orm"], allowed: ["@/server/trpc/root"] },
  { file: "server/loops/planted.ts", forbidden: ["@/db", "drizzle-orm/pg-core"], allowed: ["@/server/runs"] },
  { file: "server/live/planted.ts", forbidden: ["@/server/runs/finish"], allowed: ["@/db/client", "@/server/runs"] },
  {
    file: "server/executors/local/planted.ts",
    forbidden: ["@/db", "@/db/client", "pg", "@/server/runs"],
    allowed: ["@/contract/run", "@/server/errors"],
  },
  { file: "server/volumes/planted.ts", forbidden: ["@/db/client"], allowed: ["@/volume/manifest"] },
  { file: "server/archive/planted.ts", forbidden: ["drizzle-orm"], allowed: ["@/volume/manifest"] },
  { file: "server/kubernetes/planted.ts", forbidden: ["@/db"], allowed: ["@kubernetes/client-node"] },
  {
    file: "server/trpc/routers/planted.ts",
    forbidden: ["@/db", "@/db/client", "drizzle-orm", "pg", "@/server/runs/finish"],
    allowed: ["@trpc/server", "@/server/runs", "@/server/wiring"],
  },
  {
    file: "app/(console)/planted.tsx",
    forbidden: ["@/db", "drizzle-orm", "@/server/runs", "@/server/wiring"],
    allowed: ["@/components/ui/button", "@/server/trpc/rsc"],
  },
  { file: "app/api/planted.ts", forbidden: ["@/db", "@/server/runs/finish"], allowed: ["@/server/wiring"] },
  {
    file: "components/planted.tsx",
    forbidden: ["@/db/client", "@/server/runs", "@/server/trpc/routers/runs", "drizzle-orm"],
    allowed: ["@/contract/run", "@/server/trpc/types"],
  },
  { file: "volume/planted.ts", forbidden: ["@/server/runs", "@/runner/loop"], allowed: ["@/contract/archive"] },
  { file: "demo/planted.ts", forbidden: ["@/server/runs", "@/runner/loop"], allowed: ["@/contract/event"] },
  {
    file: "runner/planted.ts",
    forbidden: ["@/db", "@/server/runs", "@/server/trpc", "pg"],
    allowed: ["@/server/trpc/types", "@/volume/manifest", "@trpc/client"],
  },
  {
    file: "cli/planted.ts",
    forbidden: ["@/server/runs", "@/server/trpc/types", "@/components/ui/button", "@/db", "react", "pg"],
    allowed: ["@/contract/query/read", "@/components/ui/format"],
  },
  { file: "supervisor/planted.ts", forbidden: ["@/server/main", "@/db", "drizzle-orm"], allowed: ["pg"] },
  { file: "e2e/planted.spec.ts", forbidden: ["@/server/runs", "@/db/client"], allowed: ["@/db/test/database"] },
  { file: "bench/planted.ts", forbidden: ["@/server/runs/claim", "@/app/page"], allowed: ["@/server/runs"] },
  { file: "scripts/planted.mjs", forbidden: ["@/server/runs"], allowed: ["node:fs"] },
  { file: "server/runs/planted.test.ts", forbidden: ["../sessions/create"], allowed: ["@/db/test/database"] },
];

const RULES: { name: string; file: string; source: string }[] = [
  { name: "noProcessEnv", file: "server/runs/env.ts", source: "export const port = process.env.PORT;\n" },
  { name: "noDefaultExport", file: "server/runs/default.ts", source: "export default function start() {}\n" },
  { name: "noExplicitAny", file: "runner/any.ts", source: "export const value: any = 1;\n" },
  {
    name: "noNonNullAssertion",
    file: "db/non-null.ts",
    source: "export const first = (list: string[]) => list[0]!.length;\n",
  },
  {
    name: "useImportType",
    file: "runner/import-type.ts",
    source: 'import { Run } from "@/contract/run";\nexport type Mine = Run;\n',
  },
];

interface Finding {
  category: string;
  file: string;
  line: number;
}

let sandbox: string;
let findings: Finding[];

/** The linter runs once, over a tree of planted files that has the project's own configuration. */
beforeAll(async () => {
  sandbox = await realpath(await mkdtemp(path.join(tmpdir(), "agentrun-layers-")));
  await cp(path.join(projectRoot, "biome.json"), path.join(sandbox, "biome.json"));
  await symlink(path.join(projectRoot, "node_modules"), path.join(sandbox, "node_modules"));
  await writeFile(path.join(sandbox, ".gitignore"), "node_modules\n");
  for (const layer of LAYERS) await plant(layer.file, linesOf(layer).join("\n"));
  for (const rule of RULES) await plant(rule.file, rule.source);
  findings = await lint();
});

afterAll(() => rm(sandbox, { recursive: true, force: true }));

test.each(LAYERS)("$file is refused exactly the imports that its layer forbids", (layer) => {
  const refused = findings
    .filter((finding) => finding.file === layer.file && finding.category === "lint/style/noRestrictedImports")
    .map((finding) => finding.line);
  const lines = linesOf(layer);
  const expected = lines.flatMap((line, index) =>
    layer.forbidden.some((name) => line.includes(`"${name}"`)) ? [index + 1] : [],
  );
  expect([...new Set(refused)].sort((a, b) => a - b)).toEqual(expected);
});

test.each(RULES)("$name is an error", (rule) => {
  const found = findings.filter((finding) => finding.file === rule.file && finding.category.endsWith(`/${rule.name}`));
  expect(found).not.toHaveLength(0);
});

function linesOf(layer: { forbidden: string[]; allowed: string[] }): string[] {
  return [...layer.forbidden, ...layer.allowed].map((name, index) => `export * as name${index} from "${name}";`);
}

async function plant(file: string, text: string): Promise<void> {
  await mkdir(path.join(sandbox, path.dirname(file)), { recursive: true });
  await writeFile(path.join(sandbox, file), text);
}

async function lint(): Promise<Finding[]> {
  const biome = path.join(projectRoot, "node_modules", ".bin", "biome");
  const args = ["lint", "--reporter=github", "--max-diagnostics=none", "--vcs-enabled=false", "."];
  const { stdout } = await run(biome, args, { cwd: sandbox, maxBuffer: 1 << 26 }).catch(
    (error: { stdout?: string }) => ({ stdout: error.stdout ?? "" }),
  );
  return [...stdout.matchAll(/^::error title=([^,]+),file=([^,]+),line=(\d+)/gm)].map((match) => ({
    category: match[1] ?? "",
    file: path.relative(sandbox, match[2] ?? ""),
    line: Number(match[3]),
  }));
}
