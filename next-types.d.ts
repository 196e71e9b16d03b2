// Next's own declarations (styles, images), which it otherwise leaves to a generated file that is not in git.
/// <reference types="next" />
/// <reference types="next/image-types/global" />
