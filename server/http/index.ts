export { createWebServer, type Pages } from "./server";
