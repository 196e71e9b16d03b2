import { expect, test } from "vitest";
import { SearchConversationsInput } from "@/contract/conversation";
import { foundOf, isStillSought } from "./found";
import { canSearch, searchedText } from "./searchable";

test("the way to all results stays while there may be more, and leads to what is typed now", () => {
  expect(foundOf("the deploy ", { items: [], cursor: "next" })).toEqual({ hits: [], allOf: "the deploy" });
  expect(foundOf("the deploy", { items: [], cursor: null })).toBeNull();
  expect(foundOf("the deploy", undefined)).toBeNull();
  // Hits of what was typed before, until those of this come.
  expect(foundOf("the deploy failed", { items: ["hit"], cursor: null })).toEqual({
    hits: ["hit"],
    allOf: "the deploy failed",
  });
  expect(foundOf("th", { items: ["hit"], cursor: "next" })).toBeNull();
});

test("nothing is said to be missing before the search of what is typed is over", () => {
  expect(isStillSought("deploy", null)).toBe(true);
  expect(isStillSought("deploys", "deploy")).toBe(true);
  expect(isStillSought(" deploys ", "deploys")).toBe(false);
  expect(isStillSought("de", null), "what cannot be searched for").toBe(false);
});

test("two characters are enough where they may be a word", () => {
  for (const text of ["部署", "été", "né", " 部署 ", "abc"]) expect(canSearch(text), text).toBe(true);
  for (const text of ["ab", "署", "𠀀", "...", "é", "…—", ""]) expect(canSearch(text), text).toBe(false);
});

test("as much is searched for as the API takes, in whole characters", () => {
  expect(searchedText("  words  ")).toBe("words");
  for (const long of ["word ".repeat(100), "字".repeat(300), "𠀀".repeat(150), `a${"𠀀".repeat(150)}`]) {
    const text = searchedText(long);
    expect(canSearch(long)).toBe(true);
    expect(text.length).toBeGreaterThan(198);
    expect(text).not.toMatch(/\p{Surrogate}/u);
    expect(SearchConversationsInput.parse({ text }).text).toBe(text);
  }
  expect(canSearch(`${".".repeat(200)}word`)).toBe(false);
});
