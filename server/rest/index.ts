export { answerRest, errorAnswer, type RestAnswer, type RestRequest } from "./answer";
export { openApiDocument } from "./openapi";
