/** @type {import("next").NextConfig} */
const config = {
  // A build lies in a folder of its own, named after its sources: see scripts/build.mjs.
  distDir: process.env.AGENTRUN_DIST_DIR ?? ".next",
  // Next writes the types folder of its output into this file, so a build brings a throw-away one.
  // `npm run verify` checks the types.
  typescript: { ignoreBuildErrors: true, tsconfigPath: process.env.AGENTRUN_TSCONFIG ?? "tsconfig.json" },
  turbopack: { root: import.meta.dirname },
  serverExternalPackages: ["pg", "pino", "prom-client"],
  // Nothing is resized at run time: no optimizer that fetches, caches and writes.
  images: { unoptimized: true },
  poweredByHeader: false,
  reactStrictMode: true,
  // A browser asks for this one by itself where a page that is still being sent has not named its icon yet.
  rewrites: async () => [{ source: "/favicon.ico", destination: "/favicon.svg" }],
};

export default config;
