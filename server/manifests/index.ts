export { commitManifest } from "./commit";
export { copySegments, finishCopies, isCopiedFrom, orderCopy } from "./copy";
export { getManifest } from "./get";
export { getSegment, readSegment } from "./get-segment";
export { missingSegments } from "./missing-segments";
export { finishRemovals, pruneSegments } from "./prune";
export { type PutSegmentInput, putSegment, storeSegment } from "./put-segment";
export { parseManifest, storeManifest } from "./store-manifest";
