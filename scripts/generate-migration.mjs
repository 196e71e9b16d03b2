// Generates the next migration from db/schema and names it as the migrations table does: NNN_what_it_does.
// Usage: npm run db:generate -- what_it_does [--custom]
import { execFileSync } from "node:child_process";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";

const [name, ...flags] = process.argv.slice(2);
if (!/^[a-z0-9_]+$/.test(name ?? "")) {
  console.error("usage: npm run db:generate -- what_it_does [--custom]");
  process.exit(2);
}
const journalPath = "drizzle/meta/_journal.json";
const before = JSON.parse(readFileSync(journalPath, "utf8")).entries.length;
execFileSync("npx", ["drizzle-kit", "generate", "--name", name, ...flags], { stdio: "inherit" });
const journal = JSON.parse(readFileSync(journalPath, "utf8"));
for (const entry of journal.entries.slice(before)) {
  const tag = `${String(entry.idx + 1).padStart(3, "0")}_${name}`;
  renameSync(`drizzle/${entry.tag}.sql`, `drizzle/${tag}.sql`);
  entry.tag = tag;
}
writeFileSync(journalPath, `${JSON.stringify(journal, null, 2)}\n`);
