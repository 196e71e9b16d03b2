export { listFiles } from "./list";
export { openFile, readParts, segmentReader } from "./open";
export { type PackedFolder, packFolder } from "./pack";
export { baseName, sessionFileName } from "./paths";
export { readFile } from "./read";
