import { CommitManifestInput, GetManifestInput, MissingSegmentsInput } from "@/contract/archive";
import { commitManifest, getManifest, missingSegments } from "@/server/manifests";
import { router, runnerProcedure } from "@/server/trpc/init";

export const archiveRouter = router({
  // A mutation, since thousands of digests do not fit into an address.
  missing: runnerProcedure
    .input(MissingSegmentsInput)
    .mutation((opts) => missingSegments(opts.ctx.service, opts.input)),
  commit: runnerProcedure.input(CommitManifestInput).mutation((opts) => commitManifest(opts.ctx.service, opts.input)),
  manifest: runnerProcedure.input(GetManifestInput).query((opts) => getManifest(opts.ctx.service, opts.input)),
});
