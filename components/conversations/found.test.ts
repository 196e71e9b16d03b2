import { expect, test } from "vitest";
import { SearchConversationsInput } from "@/contract/conversation";
import { foundOf, isStillSought } from "./found";
import { canSearch, searchedText } from "./searchable";

test("links to all results while there may be more, for the current text", () => {
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

test("reports no results only after the search for the current text", () => {
  expect(isStillSought("deploy", null)).toBe(true);
  expect(isStillSought("deploys", "deploy")).toBe(true);
  expect(isStillSought(" deploys ", "deploys")).toBe(false);
  expect(isStillSought("de", null), "what cannot be searched for").toBe(false);
});

test("two characters suffice where they may be a word", () => {
  for (const text of ["部署", "été", "né", " 部署 ", "abc"]) expect(canSearch(text), text).toBe(true);
  for (const text of ["ab", "署", "𠀀", "...", "é", "…—", ""]) expect(canSearch(text), text).toBe(false);
});

test("limits the searched text to what the API accepts, in whole characters", () => {
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
