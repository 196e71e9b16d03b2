import { CreateBulkInput, GetBulkInput, ListBulkInput, ListBulkResultsInput, PreviewBulkInput } from "@/contract/bulk";
import {
  abortBulk,
  createBulk,
  getBulk,
  listBulk,
  listBulkResults,
  previewBulk,
  readBulkOutcomes,
  retryBulk,
  undoBulk,
} from "@/server/bulk";
import { router, viewerProcedure } from "@/server/trpc/init";

/**
 * A viewer may do to many rows what it may do to one: set its own read marks. Actions that need more check for an
 * operator themselves.
 */
export const bulkRouter = router({
  preview: viewerProcedure.input(PreviewBulkInput).mutation((opts) => previewBulk(opts.ctx.service, opts.input)),
  create: viewerProcedure.input(CreateBulkInput).mutation((opts) => createBulk(opts.ctx.service, opts.input)),
  get: viewerProcedure.input(GetBulkInput).query((opts) => getBulk(opts.ctx.service, opts.input)),
  list: viewerProcedure.input(ListBulkInput.prefault({})).query((opts) => listBulk(opts.ctx.service, opts.input)),
  outcomes: viewerProcedure.input(GetBulkInput).query((opts) => readBulkOutcomes(opts.ctx.service, opts.input)),
  results: viewerProcedure.input(ListBulkResultsInput).query((opts) => listBulkResults(opts.ctx.service, opts.input)),
  abort: viewerProcedure.input(GetBulkInput).mutation((opts) => abortBulk(opts.ctx.service, opts.input)),
  retry: viewerProcedure.input(GetBulkInput).mutation((opts) => retryBulk(opts.ctx.service, opts.input)),
  undo: viewerProcedure.input(GetBulkInput).mutation((opts) => undoBulk(opts.ctx.service, opts.input)),
});
