// An expression forward and backward, step by step, in words.
import { lastOf } from "./lists.mjs";

/** @import { GraphBox, Shown } from "./differentiation.mjs" */
/** @import { Direction } from "./graph_drawing.mjs" */

/** @typedef {GraphBox["parts"][number]} Part */
/** @typedef {(number | undefined)[]} Grads of each box, as far as they are known */

/** @type {Record<string, string | undefined>} */
const SIGNS = { add: "+", sub: "-", mul: "*", div: "/", pow: "**" };
/** @type {Record<string, string | undefined>} */
const DOES = {
  add: "Add",
  sub: "Subtract",
  mul: "Multiply",
  div: "Divide",
  pow: "Power",
  neg: "Negate",
};

/**
 * A number with four digits, as torch would write what is not finite.
 * @param {Shown | null} value
 */
export function shortNumber(value) {
  const number = Number(value);
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  return String(Number(number.toPrecision(4)));
}

/** @type {(op: string, texts: string[]) => string} */
const applied = (op, [a, b]) =>
  SIGNS[op] ? `${a} ${SIGNS[op]} ${b}` : op === "neg" ? `-${a}` : `${op}(${a})`;

/**
 * The texts of an expression's boxes: names, numbers, and local derivatives in words.
 * @param {GraphBox[]} boxes
 */
export function worded(boxes) {
  const name = (/** @type {Part} */ part) =>
    typeof part === "number" ? boxes[part].name : shortNumber(part.number);
  const value = (/** @type {Part} */ part) =>
    shortNumber(typeof part === "number" ? boxes[part].value : part.number);
  const bracketed = (/** @type {string} */ text) => (text.startsWith("-") ? `(${text})` : text);
  const code = (/** @type {GraphBox} */ box) =>
    applied(
      box.op,
      box.parts.map((part, i) => (i || box.op === "pow" ? bracketed(name(part)) : name(part))),
    );
  /** @type {(box: GraphBox, i: number) => string | undefined} */
  const local = ({ op, parts, name: own }, i) => {
    const [a, b] = parts.map(name);
    if (op === "mul") return i ? a : b;
    if (op === "div") return i ? `-${a} / ${b} ** 2` : `1 / ${b}`;
    if (op === "pow" && i) return `${own} · log(${a})`;
    if (op === "pow") return b === "2" ? `2 · ${a}` : `${b} · ${a} ** (${b} - 1)`;
    /** @type {Record<string, string | undefined>} */
    const slopes = {
      sin: `cos(${a})`,
      exp: `exp(${a})`,
      log: `1 / ${a}`,
      tanh: `1 - ${own} ** 2`,
      relu: `the slope of relu at ${a}`,
    };
    return slopes[op];
  };
  const forward = (/** @type {GraphBox} */ box) => {
    const numbers = applied(
      box.op,
      box.parts.map((part) =>
        SIGNS[box.op] || box.op === "neg" ? bracketed(value(part)) : value(part),
      ),
    );
    const equation = `${box.name} = ${code(box)} = ${numbers} = ${shortNumber(box.value)}`;
    return `${DOES[box.op] ?? box.op}: ${equation}.`;
  };
  /** @type {(box: GraphBox, before: Grads) => string} */
  const backward = (box, before) => {
    /** @type {Map<number, number>} */
    const sums = new Map();
    const gradients = box.parts.map((part, i) => {
      if (typeof part !== "number") return "";
      const factor = local(box, i);
      const slope = shortNumber(box.local[i]);
      const by = factor && factor !== slope ? `${factor} = ${slope}` : slope;
      const passed = shortNumber(box.passed[i]);
      const had = sums.get(part) ?? before[part];
      const sum = (had ?? 0) + Number(box.passed[i]);
      sums.set(part, sum);
      const added =
        had === undefined
          ? ""
          : ` It has ${shortNumber(had)} from another path already: together ${shortNumber(sum)}.`;
      const upstream = `upstream ${shortNumber(box.grad)} times ${by}`;
      return ` The gradient of ${name(part)} is ${upstream}, which makes ${passed}.${added}`;
    });
    return `${DOES[box.op] ?? box.op}, ${box.name} = ${code(box)}.${gradients.join("")}`;
  };
  return { code, forward, backward };
}

/**
 * What is known after some steps: which box is at work, the gradients so far, and the words.
 * @param {GraphBox[]} boxes
 * @param {number} step
 */
export function stateAt(boxes, step) {
  const words = worded(boxes);
  const made = boxes.filter(({ op }) => op !== "leaf");
  const last = lastOf(boxes);
  const computed = new Set(boxes.filter((box) => box.op === "leaf" || made.indexOf(box) < step));
  /** @type {Grads} */
  const grads = [];
  let text = "Forward: the variables have their values. Step on to compute one box at a time.";
  /** @type {GraphBox | undefined} */
  let now;
  /** @type {Direction} */
  let direction;
  if (step > 0 && step <= made.length) {
    [now, direction] = [made[step - 1], "forward"];
    text = words.forward(now);
  }
  if (step > made.length) {
    grads[boxes.length - 1] = 1;
    now = last;
    text =
      `Backward: the gradient of the output ${last.name} in itself is 1. ` +
      "From here each box passes on what it got, times its local derivative.";
    for (const box of [...made].reverse().slice(0, step - made.length - 1)) {
      [now, direction] = [box, "backward"];
      text = words.backward(box, grads);
      for (const [i, part] of box.parts.entries())
        if (typeof part === "number") grads[part] = (grads[part] ?? 0) + Number(box.passed[i]);
    }
  }
  if (step === 2 * made.length + 1) {
    const all = boxes
      .filter(({ op }) => op === "leaf")
      .map(({ name, grad }) => `${name}.grad = ${shortNumber(grad)}`);
    text += ` All done: ${all.join(", ")}.`;
  }
  return { now, direction, computed, grads, text };
}
