import { SERVER_URL_VARIABLE } from "./database";
import { startTestServer } from "./server";

/** Starts one PostgreSQL for the whole test run: workers inherit its address through their environment. */
export default async function setup(): Promise<() => Promise<void>> {
  const server = await startTestServer();
  process.env[SERVER_URL_VARIABLE] = server.url;
  return () => server.stop();
}
