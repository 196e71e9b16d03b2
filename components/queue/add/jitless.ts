import { config } from "zod";

// A page must not make code out of text. A schema would try whether it may as it is made, which the browser reports: this
// is imported before any.
config({ jitless: true });
