export { type HealthSource, readHealth } from "./read-health";
