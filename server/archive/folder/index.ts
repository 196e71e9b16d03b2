export { createFolderArchive } from "./archive";
