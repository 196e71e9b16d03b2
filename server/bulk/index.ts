export { abortBulk } from "./abort";
export { retryBulk, undoBulk } from "./again";
export { createBulk } from "./create";
export { getBulk } from "./get";
export { listBulk, listBulkResults } from "./list";
export { readBulkOutcomes } from "./outcomes";
export { previewBulk } from "./preview";
export { removeEndedBulk, runBulkActions } from "./run";
