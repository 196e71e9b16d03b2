import { CreateAttachmentInput, GetAttachmentInput, ListAttachmentsInput } from "@/contract/attachment";
import { createAttachment, getAttachment, listAttachments } from "@/server/attachments";
import { operatorProcedure, router, runnerProcedure, viewerProcedure } from "@/server/trpc/init";

export const attachmentsRouter = router({
  create: operatorProcedure
    .input(CreateAttachmentInput)
    .mutation((opts) => createAttachment(opts.ctx.service, opts.input)),
  get: runnerProcedure.input(GetAttachmentInput).query((opts) => getAttachment(opts.ctx.service, opts.input)),
  list: viewerProcedure.input(ListAttachmentsInput).query((opts) => listAttachments(opts.ctx.service, opts.input)),
});
