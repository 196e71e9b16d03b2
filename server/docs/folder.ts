import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of documents: beside the bundled program, or further up where the sources are run. */
export function findDocsFolder(): string {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "docs");
    // The sources have a folder of code by that name, which holds no document.
    if (existsSync(path.join(candidate, "ARCHITECTURE.md"))) return candidate;
    if (folder === path.dirname(folder)) throw new Error("the documents are missing beside the program");
  }
}
