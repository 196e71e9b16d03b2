export { askByChat } from "./ask";
