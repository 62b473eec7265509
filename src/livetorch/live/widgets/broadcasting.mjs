// Two shapes, stretched to one: which entry each place reads, or torch's own error.
import { button, field } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { productOf } from "../parts/lists.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @typedef {number[]} Shape */
/** @typedef {{ a: Shape, b: Shape }} Question two shapes */
/** @typedef {{ shape: Shape, error?: undefined } | { error: string }} Answer */

/** @type {[Shape, Shape][]} */
const PAIRS = [
  [
    [3, 1],
    [1, 4],
  ],
  [[2, 3], [3]],
  [[4], []],
  [[2, 3], [2]],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [
    [0, 3],
    [1, 3],
  ],
];
/** @param {Shape} shape */
const written = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;

/**
 * What torch says: the result's shape, or its error, word by word.
 * @param {Question} question
 * @returns {Answer}
 */
export function answer({ a, b }) {
  const many = Math.max(a.length, b.length);
  /** @type {Shape} */
  const shape = new Array(many);
  for (let i = many - 1; i >= 0; i--) {
    const from = (/** @type {Shape} */ own) => own[i - (many - own.length)] ?? 1;
    const [m, n] = [from(a), from(b)];
    if (m !== n && m !== 1 && n !== 1) {
      const clash = `The size of tensor a (${m}) must match the size of tensor b (${n})`;
      return { error: `${clash} at non-singleton dimension ${i}` };
    }
    shape[i] = m === 1 ? n : m;
  }
  return { shape };
}

/**
 * "3, 1" or "(3, 1)" as a shape; undefined where it is none.
 * @param {string} text
 */
export function parse(text) {
  const parts = text
    .replace(/[()[\]]/g, " ")
    .split(/[\s,]+/)
    .filter(Boolean);
  return parts.every((part) => /^\d{1,6}$/.test(part)) ? parts.map(Number) : undefined;
}

/**
 * Sizes written under each other from the right, as the rule reads them.
 * @param {Shape} a
 * @param {Shape} b
 * @param {Shape} shape
 */
function sizes(a, b, shape) {
  const many = shape.length;
  /** @type {(name: string, sizes: (number | undefined)[]) => HTMLElement} */
  const row = (name, sizes) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      Array.from({ length: many }, (_, i) => {
        const size = sizes[i - (many - sizes.length)];
        const stretched = (size ?? 1) === 1 && shape[i] !== 1;
        return h("td", {}, size ?? "", stretched ? ` → ${shape[i]}` : "");
      }),
    );
  return h("table", {}, h("tbody", {}, row("a", a), row("b", b), row("result", shape)));
}

/**
 * The entries of a tensor of shape `own` stretched to `shape`: copies are pale.
 * @param {string} name
 * @param {Shape} own
 * @param {Shape} shape
 * @param {string} color
 */
function grid(name, own, shape, color) {
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  const blocks = productOf(shape.slice(0, -2));
  const size = 30;
  const gap = 14;
  const height = blocks * rows * size + (blocks - 1) * gap + 4;
  const node = s("svg", {
    viewBox: `0 0 ${columns * size + 4} ${height}`,
    class: "live-cells",
    role: "img",
    style: `width:${columns * size + 4}px`,
    "aria-label": `${name} ${written(own)}, each entry where the result reads it`,
  });
  for (let flat = 0; flat < blocks * rows * columns; flat++) {
    let rest = flat;
    let entry = 0;
    let stride = 1;
    let copy = false;
    for (let i = shape.length - 1; i >= 0; i--) {
      const index = rest % shape[i];
      rest = Math.floor(rest / shape[i]);
      const length = own[i - (shape.length - own.length)] ?? 1;
      if (length === 1) copy ||= index > 0;
      else entry += index * stride;
      stride *= length;
    }
    const block = Math.floor(flat / (rows * columns));
    const x = 2 + (flat % columns) * size;
    const y = 2 + (Math.floor(flat / columns) % rows) * size + block * (rows * size + gap);
    node.append(
      s("rect", {
        x: x + 1.5,
        y: y + 1.5,
        width: size - 3,
        height: size - 3,
        rx: 3,
        fill: copy ? "none" : color,
        "fill-opacity": 0.3,
        stroke: color,
        "stroke-width": 1.5,
        "stroke-dasharray": copy ? "3 3" : "none",
      }),
      s(
        "text",
        {
          x: x + size / 2,
          y: y + size / 2 + 4.5,
          "text-anchor": "middle",
          "font-size": 13,
          fill: "var(--lt-ink)",
        },
        entry,
      ),
    );
  }
  return h(
    "div",
    {},
    h("p", {}, h("strong", {}, name), ` ${written(own)}`),
    h("div", { class: "live-scroll" }, node),
  );
}

/** @param {Stage<Question, Question, Answer>} stage its options are the question at the start */
function draw({ body, options, ask, say, fail }) {
  let [a, b] = [options.a, options.b];
  const picture = h("div", { class: "live-result" });
  const show = (/** @type {Answer} */ answered) => {
    fail();
    const { error } = answered;
    if (error !== undefined) {
      picture.replaceChildren(
        h("p", { class: "live-trouble" }, h("code", {}, `RuntimeError: ${error}`)),
      );
      return say(`torch raises: ${error}`);
    }
    const { shape } = answered;
    const many = productOf(shape);
    const drawn =
      many > 0 && many <= 60 && (shape.at(-1) ?? 1) <= 10
        ? h(
            "div",
            { class: "live-columns" },
            grid("a", a, shape, "var(--lt-blue)"),
            grid("b", b, shape, "var(--lt-orange)"),
          )
        : h(
            "p",
            {},
            many === 0
              ? "A size of 0: the result has no entries to draw."
              : "Too many entries to draw.",
          );
    picture.replaceChildren(h("div", { class: "live-scroll" }, sizes(a, b, shape)), drawn);
    return say(`The result has shape ${written(shape)}`);
  };
  const update = latest(ask, show, fail);
  const changed = () => {
    const [left, right] = [first, second].map(({ input }) => {
      const shape = parse(input.value);
      input.setAttribute("aria-invalid", String(!shape));
      return shape;
    });
    if (!left || !right) return fail("Write a shape as whole numbers with commas, such as 3, 1");
    [a, b] = [left, right];
    return update({ a, b });
  };
  const first = field({
    label: "Shape of a",
    value: a.join(", "),
    change: changed,
    inputmode: "text",
  });
  const second = field({
    label: "Shape of b",
    value: b.join(", "),
    change: changed,
    inputmode: "text",
  });
  const pairs = PAIRS.map(([left, right]) =>
    button(`${written(left)} and ${written(right)}`, () => {
      first.input.value = left.join(", ");
      second.input.value = right.join(", ");
      changed();
    }),
  );
  body.append(
    h("div", { class: "live-row" }, first.node, second.node),
    h("div", { class: "live-row" }, pairs),
    picture,
  );
  return changed();
}

export default live({ draw, answer });
