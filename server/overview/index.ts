export { getOverview, readOverview } from "./get";
