// An expression computed box by box, and differentiated backward.
import { parsed } from "./expression.mjs";
import { lastOf } from "./lists.mjs";

/** @import { Operation, Tree } from "./expression.mjs" */
/** @typedef {number | string} Shown a number, or its name where JSON has no sign for it */
/**
 * A box of the graph. A part is the number of a box, or { number } where no variable is in it; to
 * each belong the local derivative and the gradient that was passed to it.
 * @typedef {object} GraphBox
 * @property {Operation | "leaf"} op
 * @property {string} name
 * @property {(number | { number: Shown })[]} parts
 * @property {Shown} value
 * @property {Shown} grad
 * @property {(Shown | null)[]} local
 * @property {(Shown | null)[]} passed
 */
/** @typedef {{ number: number }} Constant */
/** @typedef {{ op: "leaf", name: string, parts: [] }} Leaf */
/** @typedef {{ op: Operation, name: string, parts: Part[] }} Made */
/** @typedef {Leaf | Made | Constant} Part */

const BOXES = 12;
const VARIABLES = 4;
const LETTERS = 5;

/**
 * C's power, which torch has: 1 to whatever power is 1.
 * @param {number} a
 * @param {number} b
 */
const power = (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);
/** @type {Record<Operation, (a: number, b: number) => number>} */
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
  // biome-ignore lint/complexity/useMathMinMax: Math.max would turn -0 into 0
  relu: (a) => (a < 0 ? 0 : a),
};
/**
 * What each part gets of an upstream gradient g; r is the operation's result.
 * @type {Record<Operation, (g: number, a: number, b: number, r: number) => number[]>}
 */
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
  exp: (g, _a, _b, r) => [g * r],
  log: (g, a) => [g / a],
  tanh: (g, _a, _b, r) => [g * (1 - r * r)],
  relu: (g, _a, _b, r) => [r <= 0 ? 0 : g],
};

/**
 * The variables of a tree, and the boxes that are made of them, in the order of computing.
 * @param {Tree} root
 */
function leavesAndMade(root) {
  /** @type {Leaf[]} */
  const leaves = [];
  /** @type {Made[]} */
  const made = [];
  /** @type {(name: string) => Leaf} */
  const leaf = (name) => {
    if (name.length > LETTERS)
      throw new Error(`Names have at most ${LETTERS} letters here: ${name} is too long.`);
    const known = leaves.find((one) => one.name === name);
    if (!known) leaves.push({ op: "leaf", name, parts: [] });
    return known ?? lastOf(leaves);
  };
  /** @type {(tree: Tree) => Part} */
  const build = (tree) => {
    if (typeof tree === "number") return { number: tree };
    if ("name" in tree) return leaf(tree.name);
    const parts = tree.parts.map(build);
    const numbers = parts.flatMap((part) => ("number" in part ? [part.number] : []));
    if (numbers.length === parts.length)
      return { number: FORWARD[tree.op](numbers[0], numbers[1]) };
    const box = { op: tree.op, name: "", parts };
    made.push(box);
    return box;
  };
  build(root);
  return { leaves, made };
}

/**
 * The boxes in the order in which they are computed: variables first, parts before what they make.
 * @param {string} text
 */
function boxesOf(text) {
  const { leaves, made } = leavesAndMade(parsed(text));
  if (leaves.length === 0) throw new Error("There is no variable: a number alone has no gradient.");
  if (leaves.length > VARIABLES) throw new Error(`At most ${VARIABLES} variables have room here.`);
  const boxes = [...leaves, ...made];
  if (boxes.length > BOXES)
    throw new Error(`That makes ${boxes.length} boxes; ${BOXES} have room here.`);
  const letter = ["v", "u", "t", "s", "r"].find(
    (one) => !leaves.some(({ name }) => /^.\d+$/.test(name) && name[0] === one),
  );
  for (const [i, box] of made.entries()) box.name = `${letter}${i + 1}`;
  return boxes.map(({ op, name, parts }) => ({
    op,
    name,
    parts: parts.map((part) => ("number" in part ? part : boxes.indexOf(part))),
  }));
}

/**
 * A number for JSON, which has no sign for infinity.
 * @param {number} number
 * @returns {Shown}
 */
const kept = (number) => (Number.isFinite(number) ? number : String(number));

/**
 * Values and gradients of all boxes; for each part the local derivative and what was passed to it.
 * @param {{ expression: string, values: Record<string, Shown> }} question
 * @returns {{ boxes: GraphBox[] }}
 */
export function differentiated({ expression, values }) {
  const boxes = boxesOf(expression);
  /** @type {number[]} */
  const results = [];
  /** @param {number | Constant} part */
  const numberOf = (part) => (typeof part === "number" ? results[part] : part.number);
  for (const { op, name, parts } of boxes) {
    const [a, b] = parts.map(numberOf);
    results.push(op === "leaf" ? Number(values[name] ?? 1) : FORWARD[op](a, b));
  }
  const grads = boxes.map((_, i) => (i === boxes.length - 1 ? 1 : 0));
  /** @type {Pick<GraphBox, "local" | "passed">[]} */
  const slopes = boxes.map(() => ({ local: [], passed: [] }));
  for (const [i, { op, parts }] of [...boxes.entries()].reverse()) {
    if (op === "leaf") continue;
    const [a, b] = parts.map(numberOf);
    const passed = BACKWARD[op](grads[i], a, b, results[i]);
    const local = BACKWARD[op](1, a, b, results[i]);
    const isBox = parts.map((part) => typeof part === "number");
    for (const [k, part] of parts.entries()) if (typeof part === "number") grads[part] += passed[k];
    slopes[i] = {
      local: isBox.map((box, k) => (box ? kept(local[k]) : null)),
      passed: isBox.map((box, k) => (box ? kept(passed[k]) : null)),
    };
  }
  return {
    boxes: boxes.map(({ op, name, parts }, i) => ({
      op,
      name,
      value: kept(results[i]),
      grad: kept(grads[i]),
      parts: parts.map((part) => (typeof part === "number" ? part : { number: kept(part.number) })),
      ...slopes[i],
    })),
  };
}
