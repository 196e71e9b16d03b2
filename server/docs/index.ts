export { findDocsFolder } from "./folder";
export { getDoc, listDocs, searchDocs } from "./read";
