// Finds where the console draws what others wrote (agents, repositories, providers, clusters, programs) without writing
// out what plays tricks in it: marks of direction, characters without ink, control characters.
import { parseSync } from "oxc-parser";

const wordSet = (text) => new Set(text.trim().split(/\s+/));

/** Fields of records, and names of values, whose text is of others' making. */
const FOREIGN = wordSet(`
  text message title command cwd reason explanation step tool server excerpt failureMessage endMessage
  decisionReason cancelReason taskTitle sessionTitle runTitle detail output diff path said why rule actor payload
  arguments result metadata concurrencyKey idempotencyKey line failure fault placement host sourceCommit model holder
  image namespace phase owner createdBy decidedBy updatedBy targetId`);

/** What writes tricks out, or makes its text of that. */
const SAFE_CALLS = wordSet(`
  revealHidden revealHiddenInName shortenId nameOf laneName operatorName readError outcomeOf contentOf summarize oneLine summaryOf
  blockerWords describeDrawn firstLine callerOf verbOf kindOf targetName stateOf periodName`);
/** What makes words of this program's own, or figures. */
const OWN_CALLS = wordSet(`
  formatDuration formatBytes formatOffset formatPlural formatCount formatMoney formatTokens formatAge
  costWords
  imageSizeWords heartbeatIntervalWords printDuration ordinal shareWords countText countOf callsWords briefWords failureCountWords failedWords sum Number consequenceOf missingWords
  attemptOf describeHeartbeats describeStrip formatInZone processOf builtAs depthOf refusalOf refuseExtension explainState explainKeeper
  explainTotals explainBreaker sessionIdOf safeHref formatAmount amountWords spentWords amountOf describeFile omittedWords percentOf percentWords partWords sessionsWords rate perMinute count tile formatPercent explainStatus placesTaken eventWords`);
/** What is given to a component to draw with, and draws by itself. */
const RENDERERS = wordSet(
  "children more renderMore place field textField text number numberField cloneElement createPortal",
);
/** What is named like others' words in a file, and is the program's own. */
const OWN_WORDS = {
  "app/(console)/docs/[name]/page.tsx": ["doc.title"],
  "components/bulk/bulk-dialog.tsx": ["words.title", "question?.title"],
  "components/compare/session-picker.tsx": ["title"],
  "components/docs/docs-page.tsx": ["title", "doc.title", "text", "excerpt"],
  "components/overview/backends-strip.tsx": ["why"],
  "components/overview/overview-view.tsx": ["title"],
  "components/peek/peek-panel.tsx": ["title"],
  "components/runners/action-dialog.tsx": ["WORDS[action].title"],
  "components/runners/runner-view.tsx": ["why.title"],
  "components/runners/runners-table.tsx": ["why.title"],
  "components/runners/skew-badge.tsx": ["title"],
  "components/settings/revoke-token.tsx": ["line"],
  "components/shell/palette.tsx": ["title"],
  "components/status/backends-part.tsx": ["condition.why"],
  "components/backends/backend-card.tsx": ["condition.why"],
  "components/queue/conflict.ts": ["failure"],
  "components/queue/lanes/lane-menu.tsx": ["failure"],
  "components/queue/lanes/use-control.ts": ["failure"],
  "components/queue/use-priority.ts": ["failure"],
  "components/runs/why-box.tsx": ["holder"],
  "components/storage/clean-up-report.tsx": ["title"],
  "components/storage/evict-dialog.tsx": ["loss.text"],
};
/** Attributes that are drawn or read out. */
const DRAWN = wordSet("title aria-label label word alt placeholder description note hint refusal consequence");
/** Methods whose outcome is no text of what they are called on. */
const NO_TEXT = wordSet("map flatMap forEach filter includes startsWith endsWith toLocaleString get");

/** Nodes that are drawn where they stand for another. */
const PASS_THROUGH = {
  ChainExpression: (node) => [node.expression],
  ParenthesizedExpression: (node) => [node.expression],
  TSNonNullExpression: (node) => [node.expression],
  TSAsExpression: (node) => [node.expression],
  ConditionalExpression: (node) => [node.consequent, node.alternate],
  LogicalExpression: (node) => (node.operator === "&&" ? [node.right] : [node.left, node.right]),
  BinaryExpression: (node) => (node.operator === "+" ? [node.left, node.right] : []),
  TemplateLiteral: (node) => node.expressions,
};

/**
 * @param {string} name of the file; what a primitive of `components/ui/` is given is judged where it is given
 * @param {string} source
 * @returns {{ line: number, start: number, end: number, text: string }[]}
 */
export function findForeignText(name, source) {
  const { program } = parseSync(name, source);
  const isPrimitive = name.includes("components/ui/");
  const declarations = declarationsOf(program);
  const findings = new Map();
  const report = (node) =>
    findings.set(node.start, {
      ...{ start: node.start, end: node.end, text: source.slice(node.start, node.end) },
      line: source.slice(0, node.start).split("\n").length,
    });

  const draw = (node, seen) => {
    if (node === null || node === undefined) return;
    const parts = PASS_THROUGH[node.type];
    if (parts !== undefined) for (const part of parts(node)) draw(part, seen);
    else if (node.type === "MemberExpression") drawMember(node);
    else if (node.type === "Identifier") drawName(node, seen);
    else if (node.type === "CallExpression") drawCall(node, seen);
    else if (node.type === "ArrowFunctionExpression")
      draw(node.body.type === "BlockStatement" ? null : node.body, seen);
  };
  const drawMember = (node) => {
    // A part of what was made safe as a whole.
    const whole = node.object.type === "Identifier" ? (declarations.get(node.object.name) ?? node.object) : node.object;
    if (whole.type === "CallExpression" && SAFE_CALLS.has(whole.callee.name)) return;
    if (node.property.type === "Identifier" && FOREIGN.has(node.property.name)) report(node);
  };
  const drawName = (node, seen) => {
    const init = declarations.get(node.name);
    if (init !== undefined && !seen.has(node.name)) draw(init, new Set([...seen, node.name]));
    else if (init === undefined && FOREIGN.has(node.name) && !isPrimitive) report(node);
  };
  const drawCall = (node, seen) => {
    const { callee } = node;
    if (callee.type === "Identifier") {
      if (callee.name === "String" || callee.name === "sentence") draw(node.arguments[0], seen);
      else if (
        !/^use[A-Z]/.test(callee.name) &&
        ![SAFE_CALLS, OWN_CALLS, RENDERERS].some((known) => known.has(callee.name))
      )
        report(node);
    } else if (callee.type === "MemberExpression" && callee.property.type === "Identifier") {
      if (source.slice(callee.start, callee.end) === "JSON.stringify") report(node);
      else if (!NO_TEXT.has(callee.property.name)) draw(callee.object, seen);
    }
  };

  walk(program, (node) => {
    const none = new Set();
    if (node.type === "JSXElement" || node.type === "JSXFragment")
      for (const child of node.children) if (child.type === "JSXExpressionContainer") draw(child.expression, none);
    if (node.type === "JSXAttribute" && node.value?.type === "JSXExpressionContainer")
      if (DRAWN.has(source.slice(node.name.start, node.name.end))) draw(node.value.expression, none);
    // A component may be a text and nothing else.
    if (node.type === "FunctionDeclaration" && /^[A-Z]/.test(node.id?.name)) {
      for (const returned of returnsOf(node.body)) draw(returned.argument, none);
    }
    if (node.type === "Property" && ["cell", "description"].includes(node.key.name)) draw(node.value, none);
    if (node.type === "CallExpression" && isToast(node.callee))
      // What is to be done when it is pressed is among them.
      for (const argument of node.arguments)
        if (!/^(Call|ArrowFunction)Expression$/.test(argument.type)) draw(argument, none);
  });
  const allowed = new Set(OWN_WORDS[name]);
  return [...findings.values()]
    .filter(({ text }) => !allowed.has(text))
    .toSorted((left, right) => left.start - right.start);
}

function isToast(callee) {
  if (callee.type === "Identifier") return callee.name.startsWith("toast");
  return callee.type === "MemberExpression" && callee.object.type === "Identifier" && callee.object.name === "toast";
}

/** What each constant of a file is made of; of two with one name nothing is said. */
function declarationsOf(program) {
  const declarations = new Map();
  const duplicates = new Set();
  walk(program, (node) => {
    if (node.type !== "VariableDeclarator" || node.init === null) return;
    for (const name of namesOf(node.id)) {
      if (declarations.has(name)) duplicates.add(name);
      declarations.set(name, node.init);
    }
  });
  for (const name of duplicates) declarations.delete(name);
  return declarations;
}

/** What a function gives back by itself, without those in it. */
function returnsOf(node) {
  if (Array.isArray(node)) return node.flatMap(returnsOf);
  if (node === null || typeof node !== "object" || typeof node.type !== "string") return [];
  if (node.type === "ReturnStatement") return [node];
  return /Function/.test(node.type) ? [] : Object.values(node).flatMap(returnsOf);
}

/** Names that are what they are made of, or a part of it: `first` of `const [first = ""] = text.split(" ")`. */
function namesOf(id) {
  if (id.type === "Identifier") return [id.name];
  if (id.type === "AssignmentPattern") return namesOf(id.left);
  return id.type === "ArrayPattern" ? id.elements.filter((part) => part !== null).flatMap(namesOf) : [];
}

function walk(node, visit) {
  if (Array.isArray(node)) for (const child of node) walk(child, visit);
  else if (node !== null && typeof node === "object" && typeof node.type === "string") {
    visit(node);
    for (const key in node) if (key !== "type") walk(node[key], visit);
  }
}
