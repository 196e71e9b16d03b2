import {
  EvictStorageInput,
  GcInput,
  GetStorageInput,
  ListStorageInput,
  RefreshStorageInput,
  RestoreStorageInput,
} from "@/contract/storage";
import {
  collectGarbage,
  evictStorage,
  getStorage,
  listStorage,
  refreshStorage,
  restoreStorage,
} from "@/server/storage";
import { operatorProcedure, router, runnerProcedure, viewerProcedure } from "@/server/trpc/init";

export const storageRouter = router({
  get: viewerProcedure.input(GetStorageInput).query((opts) => getStorage(opts.ctx.service, opts.input)),
  list: viewerProcedure.input(ListStorageInput.prefault({})).query((opts) => listStorage(opts.ctx.service, opts.input)),
  refresh: runnerProcedure.input(RefreshStorageInput).mutation((opts) => refreshStorage(opts.ctx.service, opts.input)),
  evict: operatorProcedure.input(EvictStorageInput).mutation((opts) => evictStorage(opts.ctx.service, opts.input)),
  restore: operatorProcedure
    .input(RestoreStorageInput)
    .mutation((opts) => restoreStorage(opts.ctx.service, opts.input)),
  gc: operatorProcedure.input(GcInput.prefault({})).mutation((opts) => collectGarbage(opts.ctx.service, opts.input)),
});
