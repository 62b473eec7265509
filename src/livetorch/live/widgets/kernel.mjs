// A 3 x 3 kernel over a small image: edit it, pick a cell of the output, see the nine products.
import { choice } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { marked, pixelMap } from "../parts/pixel_map.mjs";
import { LIMIT, short, weightBoxes } from "../parts/weight_boxes.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Kernel } from "../parts/weight_boxes.mjs" */
/** @typedef {number[][]} Image rows of pixels */
/** @typedef {{ images: Record<string, Image>, presets: Record<string, Kernel> }} Options */
/** @typedef {{ image: string, kernel: Kernel, stride: number, padding: number }} Question */
/** @typedef {{ output: Image }} Answer */

/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * The cross-correlation of an image with the kernel, as torch's conv2d computes it.
 * @param {Question} question
 * @param {Pick<Options, "images">} options
 * @returns {Answer}
 */
export function answer({ image: name, kernel, stride, padding }, { images }) {
  const image = images[name];
  if (!image) throw new Error("There is no such image here.");
  const weights = kernel.flat();
  if (
    weights.length !== 9 ||
    !weights.every((number) => Number.isFinite(number) && Math.abs(number) <= LIMIT)
  )
    throw new Error(`Each of the nine weights must be a number from -${LIMIT} to ${LIMIT}.`);
  if (![1, 2, 3].includes(stride) || ![0, 1, 2].includes(padding))
    throw new Error("The stride is 1, 2 or 3, the padding 0, 1 or 2.");
  const places = (/** @type {number} */ size) => Math.floor((size + 2 * padding - 3) / stride) + 1;
  /** @type {(i: number, j: number) => number} */
  const sum = (i, j) => {
    let total = 0;
    for (let u = 0; u < 3; u++)
      for (let v = 0; v < 3; v++)
        total += kernel[u][v] * (image[i * stride - padding + u]?.[j * stride - padding + v] ?? 0);
    return total;
  };
  const output = Array.from({ length: places(image.length) }, (_, i) =>
    Array.from({ length: places(image[0].length) }, (_, j) => sum(i, j)),
  );
  return { output };
}

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail }) {
  const names = Object.keys(options.images);
  const [kernel] = Object.values(options.presets);
  const state = { image: names[0], kernel, stride: 1, padding: 1 };
  /** @type {[number, number] | undefined} */
  let at;
  /** @type {Image} */
  let output = [];

  const editor = weightBoxes(
    options.presets,
    (kernel, text) => {
      state.kernel = kernel;
      changed(text);
    },
    fail,
  );
  const left = h("div");
  const right = h("div");
  const readout = h("p", { class: "live-readout" });
  const work = h("div", {
    class: "live-scroll",
    tabindex: 0,
    role: "region",
    "aria-label": "How the cell is computed",
  });

  /** @type {(i: number, j: number) => number[]} */
  const explain = (i, j) => {
    const image = options.images[state.image];
    const [top, start] = [i * state.stride - state.padding, j * state.stride - state.padding];
    /** @type {(u: number, v: number) => number} */
    const pixel = (u, v) => image[top + u]?.[start + v] ?? 0;
    const rows = [0, 1, 2].map((u) =>
      h(
        "tr",
        {},
        [0, 1, 2].map((v) => h("td", {}, `${short(state.kernel[u][v])} · ${short(pixel(u, v))}`)),
      ),
    );
    const products = state.kernel.flatMap((row, u) =>
      row.map((weight, v) => short(weight * pixel(u, v))),
    );
    work.replaceChildren(
      h("p", {}, "Weight · pixel, for the nine pixels of the window:"),
      h("table", {}, h("tbody", {}, rows)),
      h("p", {}, `Sum of the products: ${products.join(" + ").replaceAll("+ −", "− ")}`),
    );
    const sum = `the nine products add up to ${short(output[i][j])}`;
    readout.textContent = `Output at row ${i}, column ${j}: ${sum}.`;
    return [top, start];
  };

  /** @type {ReturnType<typeof pixelMap>} */
  let picture;
  /** @type {ReturnType<typeof pixelMap>} */
  let map;
  /** @type {(i: number, j: number) => void} */
  const mark = (i, j) => {
    const [top, start] = explain(i, j);
    for (const side of [left, right])
      for (const old of side.querySelectorAll("[data-mark]")) old.remove();
    const border = state.padding;
    picture.node.append(
      s(
        "g",
        { "data-mark": true },
        marked((start + border) * picture.unit, (top + border) * picture.unit, 3 * picture.unit),
      ),
    );
    map.node.append(s("g", { "data-mark": true }, marked(j * map.unit, i * map.unit, map.unit)));
    map.node.setAttribute("aria-valuetext", readout.textContent ?? "");
  };
  /** @type {(i: number, j: number) => [number, number]} */
  const inside = (i, j) => [
    Math.max(0, Math.min(output.length - 1, i)),
    Math.max(0, Math.min(output[0].length - 1, j)),
  ];
  /** @type {(i: number, j: number) => [number, number]} */
  const move = (i, j) => {
    const cell = inside(i, j);
    at = cell;
    mark(...cell);
    say(readout.textContent ?? "");
    return cell;
  };

  /** @type {(answered: Answer, question: Question) => void} */
  const show = (answered, question) => {
    fail();
    output = answered.output;
    const [high, wide] = [output.length, output[0].length];
    const image = options.images[question.image];
    let cell = inside(...(at ?? [Math.floor(high / 2), Math.floor(wide / 2)]));
    at = cell;
    picture = pixelMap(
      image,
      question.padding,
      `The image, ${image.length} by ${image[0].length} pixels`,
    );
    map = pixelMap(output, 0, "");
    const flat = output.flat();
    // One slider over all cells: the arrow keys move it, and a press on the map.
    for (const [name, value] of Object.entries({
      role: "slider",
      tabindex: 0,
      "aria-label": "Cell of the output",
      "aria-valuemin": 0,
      "aria-valuemax": high * wide - 1,
    }))
      map.node.setAttribute(name, String(value));
    map.node.style.cursor = "crosshair";
    map.node.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      cell = move(cell[0] + step[0], cell[1] + step[1]);
      map.node.setAttribute("aria-valuenow", String(cell[0] * wide + cell[1]));
    });
    map.node.addEventListener("click", (event) => {
      const box = map.node.getBoundingClientRect();
      const unit = box.width / (wide + 6 / map.unit);
      cell = move(
        Math.floor((event.clientY - box.top) / unit - 3 / map.unit),
        Math.floor((event.clientX - box.left) / unit - 3 / map.unit),
      );
    });
    map.node.setAttribute("aria-valuenow", String(cell[0] * wide + cell[1]));
    const around = question.padding > 0 ? ", and zeros up to the dashed line" : "";
    left.replaceChildren(
      h("p", {}, `Image, ${image.length} × ${image[0].length}${around}`),
      picture.node,
    );
    const span = `from ${short(Math.min(...flat))} (dark) to ${short(Math.max(...flat))} (bright)`;
    right.replaceChildren(h("p", {}, `Output, ${high} × ${wide}, ${span}`), map.node);
    mark(...cell);
  };
  const update = latest(ask, show, fail);
  const changed = (/** @type {string} */ text) => {
    say(text);
    return update({ ...state });
  };

  /** @type {(label: string, key: "stride" | "padding", choices: number[]) => HTMLElement} */
  const few = (label, key, choices) =>
    choice({
      label,
      value: String(state[key]),
      choices: choices.map((n) => [String(n), String(n)]),
      change: (value) => {
        state[key] = Number(value);
        changed(`${label} ${value}.`);
      },
    });
  body.append(
    names.length > 1
      ? choice({
          label: "Image:",
          value: state.image,
          choices: names.map((name) => [name, name]),
          change: (name) => {
            state.image = name;
            at = undefined;
            changed(`Image: ${name}.`);
          },
        })
      : "",
    h(
      "div",
      { class: "live-columns" },
      editor,
      h("div", {}, few("Stride:", "stride", [1, 2, 3]), few("Padding:", "padding", [0, 1, 2])),
    ),
    h("div", { class: "live-columns" }, left, right),
    readout,
    work,
    h(
      "p",
      { class: "live-note" },
      "Press a cell of the output, or use the arrow keys on it. " +
        "The orange square on the image is its window.",
    ),
  );
  return update({ ...state });
}

export default live({ draw, answer });
