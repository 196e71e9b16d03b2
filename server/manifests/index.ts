export { commitManifest } from "./commit";
export { getManifest } from "./get";
export { getSegment } from "./get-segment";
export { missingSegments } from "./missing-segments";
export { pruneSegments } from "./prune";
export { type PutSegmentInput, putSegment, storeSegment } from "./put-segment";
export { storeManifest } from "./store-manifest";
