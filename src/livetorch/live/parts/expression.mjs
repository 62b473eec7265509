// A small expression: read without eval, computed box by box, and differentiated backward.

const FUNCTIONS = ["sin", "exp", "log", "tanh", "relu"];
const KNOWN = "sin, exp, log, tanh and relu";
const BOXES = 12,
  VARIABLES = 4,
  LETTERS = 5,
  LENGTH = 80;

function tokens(text) {
  const found = [];
  const pattern =
    /\s+|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_][A-Za-z_0-9]*)|(?<sign>\*\*|[-+*/()])/y;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) {
      const letter = String.fromCodePoint(text.codePointAt(at));
      throw new Error(
        letter === "^" ? "Write a power as **, not ^." : `I cannot read ${letter} here.`,
      );
    }
    const { number, name, sign } = match.groups;
    if (number ?? name ?? sign)
      found.push({ kind: number ? "number" : name ? "name" : "sign", text: match[0] });
  }
  return found;
}

/** The expression as a tree: a number, { name }, or { op, parts }. Python's order of operations. */
export function parsed(text) {
  if ([...text].length > LENGTH) throw new Error(`That is too long: at most ${LENGTH} characters.`);
  const list = tokens(text);
  if (list.length === 0) throw new Error("Write an expression, such as (w * x - y) ** 2");
  let at = 0;
  const is = (...signs) => list[at]?.kind === "sign" && signs.includes(list[at].text);
  const take = (...signs) => is(...signs) && list[at++].text;
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
  const left = (part, names) => () => {
    let tree = part();
    for (let sign; (sign = take(...Object.keys(names))); )
      tree = { op: names[sign], parts: [tree, part()] };
    return tree;
  };
  const factor = () => {
    if (take("+")) return factor();
    if (take("-")) return { op: "neg", parts: [factor()] };
    const base = atom();
    return take("**") ? { op: "pow", parts: [base, factor()] } : base;
  };
  const sum = left(left(factor, { "*": "mul", "/": "div" }), { "+": "add", "-": "sub" });
  const atom = () => {
    if (take("(")) {
      const tree = sum();
      close();
      return tree;
    }
    const token = list[at];
    if (!token || token.kind === "sign") throw unexpected();
    at++;
    if (token.kind === "number") return Number(token.text);
    const called = is("(");
    if (!FUNCTIONS.includes(token.text)) {
      if (called) throw new Error(`I do not know the function ${token.text}: there are ${KNOWN}.`);
      return { name: token.text };
    }
    if (!take("(")) throw new Error(`Write ${token.text} with brackets, such as ${token.text}(x).`);
    const tree = sum();
    close();
    return { op: token.text, parts: [tree] };
  };
  const tree = sum();
  if (at < list.length) throw beside();
  return tree;
}

/** C's power, which torch has: 1 to whatever power is 1. */
const power = (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);
const FORWARD = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: power,
  neg: (a) => -a,
  sin: Math.sin,
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  relu: (a) => (a < 0 ? 0 : a),
};
/** What each part gets of an upstream gradient g; r is the operation's result. */
const BACKWARD = {
  add: (g) => [g, g],
  sub: (g) => [g, -g],
  mul: (g, a, b) => [g * b, g * a],
  div: (g, a, b) => [g / b, -g * (a / b / b)],
  pow: (g, a, b, r) => [
    b === 0 ? 0 : g * (b * power(a, b - 1)),
    g * (a === 0 && b >= 0 ? 0 : r * Math.log(a)),
  ],
  neg: (g) => [-g],
  sin: (g, a) => [g * Math.cos(a)],
  exp: (g, a, b, r) => [g * r],
  log: (g, a) => [g / a],
  tanh: (g, a, b, r) => [g * (1 - r * r)],
  relu: (g, a, b, r) => [r <= 0 ? 0 : g],
};

/** The boxes in the order in which they are computed: variables first, parts before what they make.
 * A part is the number of a box, or { number } where no variable is in it.
 */
export function boxesOf(text) {
  const [leaves, made] = [[], []];
  const build = (tree) => {
    if (typeof tree === "number") return { number: tree };
    if (tree.name) {
      if (tree.name.length > LETTERS)
        throw new Error(`Names have at most ${LETTERS} letters here: ${tree.name} is too long.`);
      let leaf = leaves.find(({ name }) => name === tree.name);
      if (!leaf) leaves.push((leaf = { op: "leaf", name: tree.name, parts: [] }));
      return leaf;
    }
    const parts = tree.parts.map(build);
    if (parts.every((part) => "number" in part))
      return { number: FORWARD[tree.op](...parts.map(({ number }) => number)) };
    const box = { op: tree.op, parts };
    made.push(box);
    return box;
  };
  build(parsed(text));
  if (leaves.length === 0) throw new Error("There is no variable: a number alone has no gradient.");
  if (leaves.length > VARIABLES) throw new Error(`At most ${VARIABLES} variables have room here.`);
  const boxes = [...leaves, ...made];
  if (boxes.length > BOXES)
    throw new Error(`That makes ${boxes.length} boxes; ${BOXES} have room here.`);
  const letter = ["v", "u", "t", "s", "r"].find(
    (one) => !leaves.some(({ name }) => /^.\d+$/.test(name) && name[0] === one),
  );
  made.forEach((box, i) => (box.name = `${letter}${i + 1}`));
  return boxes.map((box) => ({
    ...box,
    parts: box.parts.map((part) => ("number" in part ? part : boxes.indexOf(part))),
  }));
}

/** A number for JSON, which has no sign for infinity. */
const kept = (number) => (Number.isFinite(number) ? number : String(number));

/** Values and gradients of all boxes; for each part the local derivative and what was passed to it. */
export function differentiated({ expression, values }) {
  const boxes = boxesOf(expression).map((box) => ({ ...box, grad: 0 }));
  const valueOf = (part) => (typeof part === "number" ? boxes[part].value : part.number);
  for (const box of boxes) {
    box.value =
      box.op === "leaf"
        ? Number(values[box.name] ?? 1)
        : FORWARD[box.op](...box.parts.map(valueOf));
  }
  boxes.at(-1).grad = 1;
  for (const box of [...boxes].reverse()) {
    if (box.op === "leaf") continue;
    const [a, b] = box.parts.map(valueOf);
    const share = (upstream) =>
      BACKWARD[box.op](upstream, a, b, box.value).slice(0, box.parts.length);
    box.passed = share(box.grad);
    box.local = share(1);
    box.parts.forEach((part, i) => {
      if (typeof part === "number") boxes[part].grad += box.passed[i];
      else box.passed[i] = box.local[i] = null;
    });
  }
  const list = (numbers) =>
    (numbers ?? []).map((number) => (number === null ? null : kept(number)));
  return {
    boxes: boxes.map(({ op, name, parts, value, grad, local, passed }) => ({
      op,
      name,
      value: kept(value),
      grad: kept(grad),
      parts: parts.map((part) => (typeof part === "number" ? part : { number: kept(part.number) })),
      local: list(local),
      passed: list(passed),
    })),
  };
}
