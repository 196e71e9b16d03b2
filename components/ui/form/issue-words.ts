import { sentence } from "@/components/ui/format";

type Issue = { path: string; message: string };
type Rule = readonly [pattern: RegExp, words: (found: readonly string[], name: string) => string];

const number = (text: string | undefined) => Number(text).toLocaleString("en");
const items = (text: string | undefined) => (text === "1" ? "1 entry" : `${number(text)} entries`);

/** What the contract's schemas say of an input, and how a person is told of it. */
const RULES: readonly Rule[] = [
  [/^Too small: expected string to have >=1 characters?$/, (_, name) => `Enter ${name}.`],
  [/^Invalid input: expected (?:\w+), received (?:undefined|null|NaN)$/, (_, name) => `Enter ${name}.`],
  [
    /^Too small: expected string to have >=(\d+) characters?$/,
    ([min]) => `Must be at least ${number(min)} characters.`,
  ],
  [/^Too big: expected string to have <=(\d+) characters?$/, ([max]) => `Must be at most ${number(max)} characters.`],
  [/^Too small: expected array to have >=1 items?$/, () => "Choose at least one."],
  [/^Too small: expected array to have >=(\d+) items?$/, ([min]) => `Needs at least ${items(min)}.`],
  [/^Too big: expected array to have <=(\d+) items?$/, ([max]) => `Takes at most ${items(max)}.`],
  [/^Too small: expected \w+ to be >=(-?[\d.]+)$/, ([min]) => `Must be ${number(min)} or more.`],
  [/^Too small: expected \w+ to be >(-?[\d.]+)$/, ([min]) => `Must be more than ${number(min)}.`],
  [/^Too big: expected \w+ to be <=(-?[\d.]+)$/, ([max]) => `Must be ${number(max)} or less.`],
  [/^Too big: expected \w+ to be <(-?[\d.]+)$/, ([max]) => `Must be less than ${number(max)}.`],
  [/^Invalid input: expected int, received \w+$/, () => "Must be a whole number."],
  [/^Invalid input: expected number, received \w+$/, () => "Must be a number."],
  [/^Invalid input: expected string, received \w+$/, () => "Must be text."],
  [/^Invalid input: expected boolean, received \w+$/, () => "Must be true or false."],
  [/^Invalid input: expected (?:object|record), received \w+$/, () => "Must be an object."],
  [/^Invalid input: expected array, received \w+$/, () => "Must be a list."],
  [/^Invalid option: expected one of (.+)$/, ([options]) => `Must be one of ${joinOptions(options)}.`],
  [/^Invalid URL$/, () => "Enter a full URL, such as https://example.com."],
  [/^Invalid ISO (?:datetime|date)$/, () => "Enter a valid date and time."],
  [/^Unrecognized keys?: (.+)$/, ([keys]) => `Unknown field: ${(keys ?? "").replaceAll('"', "")}.`],
  [/^Invalid string: must match pattern/, () => "Contains characters that aren't allowed here."],
  [/^Invalid \w+$/, () => "Isn't valid."],
];

function joinOptions(options: string | undefined): string {
  return (options ?? "").replaceAll('"', "").split("|").join(", ");
}

/** What is wrong with a field, for whoever filled it in. What the contract has own words for is said by those. */
export function issueWords({ path, message }: Issue): string {
  for (const [pattern, say] of RULES) {
    const found = pattern.exec(message);
    if (found !== null) return say(found.slice(1), named(path));
  }
  return message;
}

/** The same where no field stands beside it: it names the field itself. */
export function namedIssue(issue: Issue): string {
  const text = issueWords(issue);
  if (issue.path === "" || text.startsWith("Enter ")) return text;
  return `${sentence(labelOf(issue.path))}: ${text}`;
}

function named(path: string): string {
  const label = labelOf(path);
  if (label === "") return "a value";
  return `${/^[aeiou]/.test(label) ? "an" : "a"} ${label}`;
}

/** `payload.backendProfile` is called the backend profile. */
function labelOf(path: string): string {
  const [last = ""] = path
    .split(".")
    .filter((part) => !/^\d*$/.test(part))
    .slice(-1);
  return last
    .replace(/Id$/, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
}
