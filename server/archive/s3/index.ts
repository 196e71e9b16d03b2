export { createS3Archive } from "./archive";
