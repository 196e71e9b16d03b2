// Bundles the runner with all that it imports into one file, for an image that holds nothing else.
// Usage: node scripts/bundle-runner.mjs OUTFILE
import process from "node:process";
import { build } from "esbuild";
import { projectRoot } from "./sources.mjs";

const [outfile] = process.argv.slice(2);
if (!outfile) {
  console.error("usage: node scripts/bundle-runner.mjs OUTFILE");
  process.exit(2);
}
await build({
  absWorkingDir: projectRoot,
  entryPoints: ["runner/main.ts"],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  // Some packages are CommonJS and ask for Node's own modules by `require`.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  logLevel: "warning",
});
