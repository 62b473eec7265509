// Paint clothes of 28 by 28 pixels, and see what trained networks make of them.
import { button, check, choice, slider } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { runOnPage } from "../onnx/running.mjs";
import { bars, percent, softmax } from "../parts/bars.mjs";
import { easel } from "../parts/easel.mjs";
import { gallery } from "../parts/gallery.mjs";
import { greys, sheet } from "../parts/image_canvas.mjs";
import { productOf } from "../parts/lists.mjs";
import { covered, coverMap } from "../parts/occlusion.mjs";
import { mirrored, moved, SIDE, unpacked } from "../parts/painting.mjs";

/** @import { Page, Stage } from "../frame/frame.mjs" */
/** @import { Names } from "../parts/occlusion.mjs" */
/** @import { Maps } from "../parts/gallery.mjs" */
/** @import { Pixels } from "../parts/painting.mjs" */
/** @typedef {Names & { pictures: [string, string][] }} Options pictures: names, and base64 */
/** @typedef {{ pixels: Pixels, cover: boolean }} Question */
/** @typedef {{ probabilities: number[][], maps: Maps[], falls: number[] }} Answer */

/**
 * What the exported model says, run by onnxruntime in a worker.
 * @param {Question} question
 * @param {Options} _options
 * @param {Page} page
 * @returns {Promise<Answer>}
 */
export async function answer({ pixels, cover }, _options, page) {
  if (
    pixels.length !== SIDE ** 2 ||
    !pixels.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)
  )
    throw new Error(`A painting is ${SIDE ** 2} whole numbers from 0 to 255.`);
  const hidden = cover ? covered(pixels) : [];
  const images = [pixels, ...hidden];
  const data = Float32Array.from(images.flat(), (value) => value / 255);
  const { logits, ...maps } = await runOnPage(page, "clothes", {
    images: { data, dims: [images.length, 1, SIDE, SIDE] },
  });
  const [, networks, classes] = logits.dims;
  /** @type {(image: number, network: number) => number[]} */
  const belief = (image, network) =>
    softmax(logits.data.slice((image * networks + network) * classes).slice(0, classes));
  const probabilities = Array.from({ length: networks }, (_, network) => belief(0, network));
  const top = probabilities[0].indexOf(Math.max(...probabilities[0]));
  return {
    probabilities,
    maps: Object.values(maps).map(({ data: values, dims: [, ...shape] }) => ({
      shape,
      values: [...values.slice(0, productOf(shape))],
    })),
    falls: hidden.map((_, n) => probabilities[0][top] - belief(n + 1, 0)[top]),
  };
}

/**
 * What each network believes most, in words.
 * @param {number[][]} probabilities
 * @param {Names} names
 * @param {boolean} empty
 */
export function saying(probabilities, { networks, classes }, empty) {
  const beliefs = probabilities.map((belief, n) => {
    const top = Math.max(...belief);
    return `${networks[n]}: ${classes[belief.indexOf(top)]} (${percent(top)})`;
  });
  return (empty ? ["Nothing is drawn, and still they answer:", ...beliefs] : beliefs).join("\n");
}

/** @param {Stage<Options, Question, Answer>} stage */
async function draw({ body, options, ask, say, fail }) {
  const { networks, classes, pictures } = options;
  const state = { tool: "brush", size: 2, grey: 80, cover: false };
  const words = h("p", { class: "live-readout" });
  const chart = bars({ caption: "Probability of each class", labels: classes, pair: networks });
  const cover = coverMap();
  const maps = [
    [8, 3],
    [16, 2.8],
    [16, 5.6],
  ].map(([columns, size], n) => {
    const picture = gallery(`Feature maps behind stage ${n + 1}`, columns, size);
    const title = h("figcaption");
    const showMaps = (/** @type {Maps} */ { shape, values }) => {
      const [count, high, wide] = shape;
      title.textContent = `Behind stage ${n + 1}: ${count} maps, ${high} × ${wide}`;
      picture.show(shape, values);
    };
    return { node: h("figure", { class: "live-named" }, title, picture.node), show: showMaps };
  });
  /**
   * @param {Answer} answered
   * @param {{ pixels: Pixels }} question
   */
  const show = (answered, { pixels }) => {
    fail();
    const text = saying(answered.probabilities, options, !pixels.some(Boolean));
    words.textContent = text;
    chart.show(classes.map((_, k) => answered.probabilities.map((belief) => belief[k])));
    for (const [stage, map] of maps.entries()) map.show(answered.maps[stage]);
    cover.show(pixels, answered, options);
    say(`${text.replaceAll("\n", ". ")}. ${cover.text()}`.trim());
  };
  const update = latest(ask, show, fail);
  /** @type {Pixels | undefined} */
  let now;
  const undo = button("Undo", () => paint.undo());
  const tool = () => {
    const grey = state.tool === "eraser" ? 0 : Math.round(2.55 * state.grey);
    return { fills: state.tool === "fill", size: state.size, grey };
  };
  const paint = easel(
    tool,
    (pixels, undos) => {
      now = pixels;
      undo.disabled = !undos;
      update({ pixels, cover: state.cover });
    },
    (x, y, grey) => say(`Row ${y + 1}, column ${x + 1}: ${Math.round(grey / 2.55)} % bright.`),
  );

  const thumbs = pictures.map(([name, text]) => {
    const image = sheet({ "aria-hidden": "true" });
    greys(image, unpacked(text));
    return h(
      "button",
      {
        type: "button",
        class: "live-button live-thumb",
        onclick: () => paint.put(unpacked(text)),
      },
      image,
      h("span", {}, name),
    );
  });
  /** @type {(label: string, name: string, right: number, down: number) => HTMLElement} */
  const move = (label, name, right, down) =>
    button(label, () => paint.change((pixels) => moved(pixels, right, down)), {
      "aria-label": `Move ${name}`,
    });
  const start = unpacked(pictures[0][1]);
  body.append(
    h(
      "div",
      { class: "live-columns live-clothes" },
      h(
        "div",
        {},
        paint.node,
        words,
        choice({
          label: "Tool:",
          value: state.tool,
          choices: [
            ["brush", "brush"],
            ["eraser", "eraser"],
            ["fill", "fill"],
          ],
          change: (value) => {
            state.tool = value;
            paint.lift();
          },
        }),
        slider({
          label: "Size",
          min: 1,
          max: 8,
          step: 1,
          value: state.size,
          format: (n) => `${n} px`,
          change: (n) => {
            state.size = n;
          },
        }).node,
        slider({
          label: "Brightness",
          min: 0,
          max: 100,
          step: 5,
          value: state.grey,
          format: (n) => `${n} %`,
          change: (n) => {
            state.grey = n;
          },
        }).node,
        h(
          "div",
          { class: "live-row" },
          undo,
          button("Empty", () => paint.change((pixels) => pixels.map(() => 0))),
          button("Mirror", () => paint.change(mirrored)),
        ),
        h(
          "div",
          { class: "live-row" },
          "Move",
          move("←", "left", -1, 0),
          move("→", "right", 1, 0),
          move("↑", "up", 0, -1),
          move("↓", "down", 0, 1),
        ),
      ),
      chart.node,
    ),
    h(
      "div",
      { class: "live-thumbs", role: "group", "aria-label": "Start from a picture of the test set" },
      thumbs,
    ),
    check({
      label: "Cover each square in turn: where does the belief come from?",
      value: false,
      change: (value) => {
        state.cover = value;
        if (now) update({ pixels: now, cover: value });
      },
    }),
    cover.node,
    h(
      "div",
      { class: "live-row live-layers" },
      maps.map(({ node }) => node),
    ),
  );
  // The first answer brings the runtime; a page that cannot have it must say so.
  show(await ask({ pixels: start, cover: false }), { pixels: start });
  paint.put(start);
}

export default live({ draw, answer });
