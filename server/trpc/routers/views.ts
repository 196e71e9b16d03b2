import { CountViewsInput, CreateViewInput, DeleteViewInput, ListViewsInput, UpdateViewInput } from "@/contract/view";
import { router, viewerProcedure } from "@/server/trpc/init";
import { countViews, createView, deleteView, listViews, updateView } from "@/server/views";

/** A view belongs to the person who made it, so viewers may have some too. */
export const viewsRouter = router({
  list: viewerProcedure.input(ListViewsInput.prefault({})).query((opts) => listViews(opts.ctx.service, opts.input)),
  create: viewerProcedure.input(CreateViewInput).mutation((opts) => createView(opts.ctx.service, opts.input)),
  update: viewerProcedure.input(UpdateViewInput).mutation((opts) => updateView(opts.ctx.service, opts.input)),
  delete: viewerProcedure.input(DeleteViewInput).mutation((opts) => deleteView(opts.ctx.service, opts.input)),
  count: viewerProcedure.input(CountViewsInput).query((opts) => countViews(opts.ctx.service, opts.input)),
});
