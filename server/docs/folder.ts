import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Returns the folder of documents: beside the bundled program, or further up where the sources are run. */
export function findDocsFolder(): string {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "docs");
    // The sources have a code folder of the same name, which holds no documents.
    if (existsSync(path.join(candidate, "ARCHITECTURE.md"))) return candidate;
    if (folder === path.dirname(folder)) throw new Error("the documents are missing beside the program");
  }
}
