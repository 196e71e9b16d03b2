import { ListFilesInput, ReadFileInput } from "@/contract/files";
import { listFiles, readFile } from "@/server/files";
import { router, viewerProcedure } from "@/server/trpc/init";

export const filesRouter = router({
  list: viewerProcedure.input(ListFilesInput).query((opts) => listFiles(opts.ctx.service, opts.input)),
  read: viewerProcedure.input(ReadFileInput).query((opts) => readFile(opts.ctx.service, opts.input)),
});
