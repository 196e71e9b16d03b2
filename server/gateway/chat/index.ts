export { askByChat } from "./ask";
export { dialectOf } from "./presets";
