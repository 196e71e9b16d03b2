export { countAudit, listAudit } from "./list";
