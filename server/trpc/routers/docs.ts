import { GetDocInput, SearchDocsInput } from "@/contract/docs";
import { getDoc, listDocs, searchDocs } from "@/server/docs";
import { router, viewerProcedure } from "@/server/trpc/init";

export const docsRouter = router({
  list: viewerProcedure.query((opts) => listDocs(opts.ctx.service)),
  get: viewerProcedure.input(GetDocInput).query((opts) => getDoc(opts.ctx.service, opts.input)),
  search: viewerProcedure.input(SearchDocsInput.prefault({})).query((opts) => searchDocs(opts.ctx.service, opts.input)),
});
