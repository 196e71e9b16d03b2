// Fails when a document names a file or folder of this repository that is not there.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { projectRoot } from "./sources.mjs";

const topLevel = new Set(readdirSync(projectRoot).filter((name) => name !== "node_modules" && !name.startsWith(".")));
const documents = [
  ...readdirSync(projectRoot).filter((name) => name.endsWith(".md")),
  ...(existsSync(path.join(projectRoot, "docs"))
    ? readdirSync(path.join(projectRoot, "docs"), { recursive: true })
        .filter((name) => name.endsWith(".md"))
        .map((name) => path.join("docs", name))
    : []),
];

const missing = [];
for (const document of documents) {
  const lines = readFileSync(path.join(projectRoot, document), "utf8").split("\n");
  lines.forEach((line, index) => {
    for (const target of [...linkedPaths(line, document), ...quotedPaths(line)]) {
      if (!existsSync(path.join(projectRoot, target))) missing.push(`${document}:${index + 1}: ${target} is not there`);
    }
  });
}
if (missing.length > 0) {
  console.error(missing.join("\n"));
  process.exitCode = 1;
}

/** Targets of links that are no addresses, relative to their document. */
function linkedPaths(line, document) {
  return [...line.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1].split("#")[0])
    .filter((target) => target && !/^[a-z]+:/.test(target))
    .map((target) => path.join(path.dirname(document), target));
}

/** Words in backquotes that begin with a top-level folder; patterns and placeholders are left alone. */
function quotedPaths(line) {
  return [...line.matchAll(/`([^`\s]+)`/g)]
    .map((match) => match[1].replace(/:\d+$/, ""))
    .filter((word) => /^[\w.@()[\]-]+(\/[\w.@()[\]-]*)+$/.test(word) && topLevel.has(word.split("/")[0]))
    .filter((word) => word.split("/")[0] !== "build");
}
