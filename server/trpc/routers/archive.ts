import { CommitManifestInput, GetManifestInput, MissingSegmentsInput, StoreArchiveInput } from "@/contract/archive";
import { commitManifest, getManifest, missingSegments } from "@/server/manifests";
import { storeArchive } from "@/server/storage";
import { archiverProcedure, router, runnerOrArchiverProcedure, runnerProcedure } from "@/server/trpc/init";

export const archiveRouter = router({
  // A mutation, because thousands of digests do not fit into an address.
  missing: runnerOrArchiverProcedure
    .input(MissingSegmentsInput)
    .mutation((opts) => missingSegments(opts.ctx.service, opts.input)),
  commit: runnerProcedure.input(CommitManifestInput).mutation((opts) => commitManifest(opts.ctx.service, opts.input)),
  store: archiverProcedure.input(StoreArchiveInput).mutation((opts) => storeArchive(opts.ctx.service, opts.input)),
  manifest: runnerProcedure.input(GetManifestInput).query((opts) => getManifest(opts.ctx.service, opts.input)),
});
