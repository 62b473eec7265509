// A small expression, read without eval.

/** @typedef {"sin" | "exp" | "log" | "tanh" | "relu"} FunctionName */
/** @typedef {"add" | "sub" | "mul" | "div" | "pow" | "neg" | FunctionName} Operation */
/** @typedef {number | { name: string } | { op: Operation, parts: Tree[] }} Tree */
/** @typedef {{ kind: "number" | "name" | "sign", text: string }} Token */

/** @type {string[]} */
const FUNCTIONS = ["sin", "exp", "log", "tanh", "relu"];
const KNOWN = "sin, exp, log, tanh and relu";
const LENGTH = 80;
const NUMBER = String.raw`(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)`;
const NAME = "(?<name>[A-Za-z_][A-Za-z_0-9]*)";
const SIGN = String.raw`(?<sign>\*\*|[-+*/()])`;

/** @param {string} text */
function tokens(text) {
  /** @type {Token[]} */
  const list = [];
  const pattern = new RegExp(String.raw`\s+|${NUMBER}|${NAME}|${SIGN}`, "y");
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) {
      const letter = String.fromCodePoint(Number(text.codePointAt(at)));
      throw new Error(
        letter === "^" ? "Write a power as **, not ^." : `I cannot read ${letter} here.`,
      );
    }
    const { number, name, sign } = match.groups ?? {};
    if (number ?? name ?? sign)
      list.push({ kind: number ? "number" : name ? "name" : "sign", text: match[0] });
  }
  return list;
}

/**
 * The expression as a tree, in Python's order of operations.
 * @param {string} text
 */
export function parsed(text) {
  if ([...text].length > LENGTH) throw new Error(`That is too long: at most ${LENGTH} characters.`);
  const list = tokens(text);
  if (list.length === 0) throw new Error("Write an expression, such as (w * x - y) ** 2");
  let at = 0;
  /** @param {string[]} signs */
  const is = (...signs) => list[at]?.kind === "sign" && signs.includes(list[at].text);
  /**
   * Go past one of the signs; which, or "" where the next token is none of them.
   * @param {string[]} signs
   */
  const take = (...signs) => {
    if (!is(...signs)) return "";
    at += 1;
    return list[at - 1].text;
  };
  const unexpected = () => {
    if (at >= list.length) return new Error("Something is missing at the end.");
    return new Error(`I did not expect ${list[at].text} there.`);
  };
  const close = () => {
    if (!take(")")) throw at >= list.length ? new Error("A bracket is not closed.") : beside();
  };
  const beside = () => {
    if (is(")")) return new Error("There is a ) without its (.");
    return new Error(
      `Write an operation between ${list[at - 1].text} and ${list[at].text}, such as *.`,
    );
  };
  /**
   * Operations of one rank, taken from the left.
   * @type {(part: () => Tree, names: Record<string, Operation>) => () => Tree}
   */
  const left = (part, names) => () => {
    const signs = Object.keys(names);
    let tree = part();
    for (let sign = take(...signs); sign; sign = take(...signs))
      tree = { op: names[sign], parts: [tree, part()] };
    return tree;
  };
  /** @returns {Tree} */
  const factor = () => {
    if (take("+")) return factor();
    if (take("-")) return { op: "neg", parts: [factor()] };
    const base = atom();
    return take("**") ? { op: "pow", parts: [base, factor()] } : base;
  };
  const sum = left(left(factor, { "*": "mul", "/": "div" }), { "+": "add", "-": "sub" });
  /** @returns {Tree} */
  const atom = () => {
    if (take("(")) {
      const tree = sum();
      close();
      return tree;
    }
    const token = list[at];
    if (!token || token.kind === "sign") throw unexpected();
    at += 1;
    if (token.kind === "number") return Number(token.text);
    const called = is("(");
    if (!FUNCTIONS.includes(token.text)) {
      if (called) throw new Error(`I do not know the function ${token.text}: there are ${KNOWN}.`);
      return { name: token.text };
    }
    if (!take("(")) throw new Error(`Write ${token.text} with brackets, such as ${token.text}(x).`);
    const tree = sum();
    close();
    return { op: /** @type {FunctionName} */ (token.text), parts: [tree] };
  };
  const tree = sum();
  if (at < list.length) throw beside();
  return tree;
}
