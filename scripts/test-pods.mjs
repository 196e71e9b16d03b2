// Runs the stories through the pods of a real node, and ends with one line: N passed, N failed. It builds the images of
// the Dockerfile with buildah on a base that debootstrap makes, which takes some minutes the first time, and needs root
// and a folder with a test cluster that can start a node, named by AGENTRUN_KUBERNETES_KIT.
// Usage: npm run test:pods
import { playwright, runSuites } from "./suites.mjs";

await runSuites([playwright("playwright.pods.config.ts")]);
