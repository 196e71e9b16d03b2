export { type HealthSource, readHealth } from "./read-health";
export { serverFacts } from "./server-facts";
