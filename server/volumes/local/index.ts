export { createLocalVolumes } from "./volumes";
