/** Programs in the place of web, worker and runner, for tests of the supervisor itself. */
export const STAND_INS = {
  "web.mjs": `
    import { createServer } from "node:http";
    import { appendFileSync, writeFileSync } from "node:fs";
    const note = (line) => appendFileSync(process.env.AGENTRUN_DATA_DIR + "/notes", line + "\\n");
    writeFileSync(process.env.AGENTRUN_DATA_DIR + "/web.env", JSON.stringify(process.env));
    const server = createServer((request, response) => {
      if (request.url === "/crash") process.exit(7);
      response.end("ok");
    });
    server.listen(Number(process.env.PORT), process.env.HOST, () => {
      const url = "http://" + process.env.HOST + ":" + process.env.PORT;
      process.send({ type: "web.ready", url, signInUrl: url + "/sign-in?code=once" });
    });
    process.stdin.resume().on("end", () => process.exit(0));
    process.on("SIGTERM", () => { note("web stopped"); process.exit(0); });
    note("web " + process.pid);
  `,
  "worker.mjs": `
    import { appendFileSync, existsSync, writeFileSync } from "node:fs";
    const note = (line) => appendFileSync(process.env.AGENTRUN_DATA_DIR + "/notes", line + "\\n");
    writeFileSync(process.env.AGENTRUN_DATA_DIR + "/worker.env", JSON.stringify(process.env));
    process.stdin.resume().on("end", () => process.exit(0));
    process.on("SIGTERM", () => { note("worker stopped"); process.exit(0); });
    process.on("message", (message) => note("told " + JSON.stringify(message)));
    note("worker " + process.pid);
    const attemptId = process.env.AGENTRUN_TEST_ATTEMPT;
    if (attemptId) process.send({ type: "runner.launch", attemptId, env: {
      AGENTRUN_DATA_DIR: process.env.AGENTRUN_DATA_DIR,
      AGENTRUN_TEST_RUNNER: process.env.AGENTRUN_TEST_RUNNER ?? "",
    } });
  `,
  // Its tool moves to a session of its own, as codex's tools do.
  "runner.mjs": `
    import { spawn } from "node:child_process";
    import { appendFileSync, writeFileSync } from "node:fs";
    const note = (line) => appendFileSync(process.env.AGENTRUN_DATA_DIR + "/notes", line + "\\n");
    writeFileSync(process.env.AGENTRUN_DATA_DIR + "/runner.env", JSON.stringify(process.env));
    const tool = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
    process.stdin.resume().on("end", () => {
      if (process.env.AGENTRUN_TEST_RUNNER !== "careless") process.kill(tool.pid, "SIGKILL");
      process.exit(0);
    });
    process.on("SIGTERM", () => {
      if (process.env.AGENTRUN_TEST_RUNNER === "deaf") return;
      note("runner stopped");
      process.exit(0);
    });
    setInterval(() => undefined, 1000);
    // Last: who reads it may send a signal at once.
    note("runner " + process.pid);
    note("tool " + tool.pid);
  `,
} as const;
