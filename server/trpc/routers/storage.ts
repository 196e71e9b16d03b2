import {
  AdoptVolumeInput,
  ArchiveStorageInput,
  DeleteVolumeInput,
  EvictStorageInput,
  ExtendStorageInput,
  ForceReleaseStorageInput,
  GcInput,
  GetStorageInput,
  ListGcHistoryInput,
  ListOrphansInput,
  ListSizesInput,
  ListStorageInput,
  PauseGcInput,
  PinStorageInput,
  RefreshStorageInput,
  RestoreStorageInput,
  ResumeGcInput,
  UnpinStorageInput,
} from "@/contract/storage";
import {
  adoptVolume,
  archiveStorage,
  collectGarbage,
  deleteVolume,
  evictStorage,
  extendStorage,
  forceReleaseStorage,
  getStorage,
  listGcHistory,
  listOrphans,
  listSizes,
  listStorage,
  pauseGc,
  pinStorage,
  refreshStorage,
  restoreStorage,
  resumeGc,
  unpinStorage,
} from "@/server/storage";
import { adminProcedure, operatorProcedure, router, runnerProcedure, viewerProcedure } from "@/server/trpc/init";

export const storageRouter = router({
  get: viewerProcedure.input(GetStorageInput).query((opts) => getStorage(opts.ctx.service, opts.input)),
  sizes: viewerProcedure.input(ListSizesInput).query((opts) => listSizes(opts.ctx.service, opts.input)),
  list: viewerProcedure.input(ListStorageInput.prefault({})).query((opts) => listStorage(opts.ctx.service, opts.input)),
  refresh: runnerProcedure.input(RefreshStorageInput).mutation((opts) => refreshStorage(opts.ctx.service, opts.input)),
  evict: operatorProcedure.input(EvictStorageInput).mutation((opts) => evictStorage(opts.ctx.service, opts.input)),
  restore: operatorProcedure
    .input(RestoreStorageInput)
    .mutation((opts) => restoreStorage(opts.ctx.service, opts.input)),
  archive: operatorProcedure
    .input(ArchiveStorageInput)
    .mutation((opts) => archiveStorage(opts.ctx.service, opts.input)),
  forceRelease: adminProcedure
    .input(ForceReleaseStorageInput)
    .mutation((opts) => forceReleaseStorage(opts.ctx.service, opts.input)),
  pin: operatorProcedure.input(PinStorageInput).mutation((opts) => pinStorage(opts.ctx.service, opts.input)),
  unpin: operatorProcedure.input(UnpinStorageInput).mutation((opts) => unpinStorage(opts.ctx.service, opts.input)),
  extend: operatorProcedure.input(ExtendStorageInput).mutation((opts) => extendStorage(opts.ctx.service, opts.input)),
  orphans: adminProcedure.input(ListOrphansInput.prefault({})).query((opts) => listOrphans(opts.ctx.service)),
  adopt: adminProcedure.input(AdoptVolumeInput).mutation((opts) => adoptVolume(opts.ctx.service, opts.input)),
  delete: adminProcedure.input(DeleteVolumeInput).mutation((opts) => deleteVolume(opts.ctx.service, opts.input)),
  history: viewerProcedure
    .input(ListGcHistoryInput.prefault({}))
    .query((opts) => listGcHistory(opts.ctx.service, opts.input)),
  pauseGc: operatorProcedure.input(PauseGcInput).mutation((opts) => pauseGc(opts.ctx.service, opts.input)),
  resumeGc: operatorProcedure.input(ResumeGcInput.prefault({})).mutation((opts) => resumeGc(opts.ctx.service)),
  gc: operatorProcedure.input(GcInput.prefault({})).mutation((opts) => collectGarbage(opts.ctx.service, opts.input)),
});
