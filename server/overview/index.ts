export { getOverview } from "./get";
