export { callProcedure, faultFrom } from "./call";
export { type CataloguedProcedure, mayCall, procedureCatalog } from "./catalog";
export { errorAnswer, handleRest, type RestAnswer, type RestRequest } from "./handle";
export { inputSchemaOf } from "./input";
export { decodeSegment, methodNotAllowed } from "./match";
export { openApiDocument } from "./openapi";
export { isMutation, type JsonSchema, toJsonSchema } from "./procedures";
export { isStreamPath, type OpenedStream, openRestStream, type StreamRequest } from "./stream";
