import { cleanText } from "@/contract/text";

/** What runs where a page takes text for markup, in every form in which it has been tried. */
const SEEDS = [
  "<script>window.__ran=1</script>",
  "<img src=x onerror=window.__ran=1>",
  "<img src=//203.0.113.9/a.png>",
  "<svg onload=window.__ran=1>",
  "<svg><script>window.__ran=1</script></svg>",
  "<svg><animate onbegin=window.__ran=1 attributeName=x dur=1s>",
  "<math><mtext><style><img src onerror=window.__ran=1></style></mtext></math>",
  "<iframe srcdoc='<script>parent.__ran=1</script>'></iframe>",
  "<iframe src=javascript:parent.__ran=1></iframe>",
  "<object data=javascript:window.__ran=1></object>",
  "<embed src=//203.0.113.9/a.swf>",
  "<link rel=stylesheet href=//203.0.113.9/a.css>",
  "<style>@import url(//203.0.113.9/a.css)</style>",
  "<base href=//203.0.113.9/>",
  "<meta http-equiv=refresh content='0;url=//203.0.113.9/'>",
  "<form action=//203.0.113.9/><button autofocus onfocus=window.__ran=1>go</button></form>",
  "<details open ontoggle=window.__ran=1>x</details>",
  "<input autofocus onfocus=window.__ran=1>",
  "<video><source onerror=window.__ran=1></video>",
  "<a href=javascript:window.__ran=1>click</a>",
  "<body onload=window.__ran=1>",
  "<template><script>window.__ran=1</script></template>",
  "<noscript><p title='</noscript><img src=x onerror=window.__ran=1>'>",
  "</textarea><script>window.__ran=1</script>",
  "</title><script>window.__ran=1</script>",
  "</script><script>window.__ran=1</script>",
  "'><script>window.__ran=1</script>",
  '"><script>window.__ran=1</script>',
  "--><script>window.__ran=1</script>",
  "]]><script>window.__ran=1</script>",
  "[click](javascript:window.__ran=1)",
  "[click](JaVaScRiPt:window.__ran=1)",
  "[click](data:text/html,<script>window.__ran=1</script>)",
  "[click](vbscript:window.__ran=1)",
  "![picture](//203.0.113.9/a.png)",
  "![picture](https://203.0.113.9/a.png)",
  "<javascript:window.__ran=1>",
  "[a]: javascript:window.__ran=1\n\n[a]",
  "```html\n<script>window.__ran=1</script>\n```",
  "$(touch x) `touch x` {{constructor.constructor('window.__ran=1')()}} $\u007bwindow.__ran=1}",
  "\u001b]8;;javascript:window.__ran=1\u0007click\u001b]8;;\u0007",
  "\u001b[31m<script>window.__ran=1</script>\u001b[0m",
  "\u202egnp.exe\u202c \u2066<b>\u2069",
  "\u200emarks\u200f of\u061c direction\u202a\u202b\u202c\u202d \u2067\u2068\u2069",
  "no\u200bink\u00ad\u2060\ufeff\u3164 here\u{e0041}\u{e007f}",
  "\u0001\u0008\u000b\u001f\u007f\u009b31m controls",
  "__proto__ constructor toString",
  "%3Cscript%3Ewindow.__ran=1%3C/script%3E &lt;script&gt;window.__ran=1&lt;/script&gt;",
  "<x onclick=window.__ran=1 style=position:fixed;inset:0>x</x>",
  "<a href='//203.0.113.9/' target=_blank>out</a>",
  "javascript:window.__ran=1//",
  "https://203.0.113.9/\u0000<script>window.__ran=1</script>",
  "<img src='data:image/svg+xml,<svg onload=window.__ran=1>'>",
];
const FORMS: ((seed: string) => string)[] = [
  (seed) => seed,
  (seed) =>
    seed.toUpperCase().replaceAll("__RAN", "__ran").replaceAll("WINDOW", "window").replaceAll("PARENT", "parent"),
  (seed) => `before ${seed} after`,
  (seed) => `\n\n${seed}\n\n> ${seed}\n- ${seed}`,
];
/** As they are stored, which nothing with a NUL is. */
export const STRINGS = SEEDS.flatMap((seed) => FORMS.map((form) => cleanText(form(seed))));

/** What a text ends with, to be found again in a page: which place it was put in, and which string it is. */
const marked = (place: string, index: number) => `${STRINGS[index]} §${place}.${index}§`;
export const MARK = /§([\w-]+)\.(\d+)§/g;

/** Every place that was given a text, all of which have to be seen somewhere. */
export const PLACES = new Set<string>();

/** All strings in one text. */
export function allIn(place: string): string {
  PLACES.add(place);
  return STRINGS.map((_, index) => marked(place, index)).join("\n");
}

/** All strings in so many texts, each with its share of them. */
export function spreadOver(place: string, count: number): string[] {
  PLACES.add(place);
  const texts: string[][] = Array.from({ length: count }, () => []);
  for (const index of STRINGS.keys()) texts[index % count]?.push(marked(place, index));
  // Of more rows than strings each of the rest repeats one.
  return texts.map((share, at) => (share.length === 0 ? marked(place, at % STRINGS.length) : share.join(" ")));
}
