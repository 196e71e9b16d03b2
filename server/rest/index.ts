export { errorAnswer, handleRest, type RestAnswer, type RestRequest } from "./handle";
export { openApiDocument } from "./openapi";
export { isMutation } from "./procedures";
export { isStreamPath, type OpenedStream, openRestStream, type StreamRequest } from "./stream";
