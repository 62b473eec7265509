// Draw a digit, and see what a trained network makes of it.
import { button } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { runOnPage } from "../onnx/running.mjs";
import { bars, percent, softmax } from "../parts/bars.mjs";
import { gallery } from "../parts/gallery.mjs";
import { lastOf } from "../parts/lists.mjs";
import { pen } from "../parts/pen.mjs";
import { strokeImage } from "../parts/strokes.mjs";

/** @import { Page, Stage } from "../frame/frame.mjs" */
/** @import { Maps } from "../parts/gallery.mjs" */
/** @import { Stroke } from "../parts/strokes.mjs" */
/** @typedef {{ name: string, strokes: Stroke[] }} Example */
/** @typedef {{ sure: number, examples: Example[] }} Options from which belief on it is sure */
/** @typedef {{ strokes: Stroke[] }} Question */
/** @typedef {{ image: number[], probabilities: number[], maps: Maps[] }} Answer */

const AREA = 280;

/**
 * What the exported model says, run by onnxruntime in a worker.
 * @param {Question} question
 * @param {Options} _options
 * @param {Page} page
 * @returns {Promise<Answer>}
 */
export async function answer(question, _options, page) {
  const image = strokeImage(question);
  const { logits, ...maps } = await runOnPage(page, "digits", {
    image: { data: image, dims: [1, 1, 8, 8] },
  });
  return {
    image: [...image],
    probabilities: softmax(logits.data),
    maps: Object.values(maps).map(({ data, dims }) => ({
      shape: dims.slice(1),
      values: [...data],
    })),
  };
}

/**
 * The network's belief in words, honest where it has none.
 * @param {number[]} probabilities
 * @param {number} sure
 */
export function verdict(probabilities, sure) {
  const [first, second] = [...probabilities.keys()].sort(
    (a, b) => probabilities[b] - probabilities[a],
  );
  const [likely, other] = [first, second].map((i) => `${i} (${percent(probabilities[i])})`);
  return probabilities[first] >= sure
    ? `It reads a ${likely}.`
    : `It is unsure: ${likely} or ${other}?`;
}

/**
 * The area to draw in: pointer or keys.
 * @param {(strokes: Stroke[]) => unknown} changed
 */
function pad(changed) {
  /** @type {Stroke[]} */
  let strokes = [];
  let fresh = true; // the first stroke replaces an example
  const ink = s("path", { class: "live-ink", d: "" });
  const cross = s("path", { class: "live-pen" });
  const node = s(
    "svg",
    {
      viewBox: `0 0 ${AREA} ${AREA}`,
      class: "live-pad",
      tabindex: 0,
      role: "application",
      "aria-label": "Drawing area. Arrow keys move the pen, Space puts it down or lifts it.",
    },
    ink,
    cross,
  );
  const drawn = () => {
    ink.setAttribute(
      "d",
      strokes
        .map((stroke) => {
          const points = stroke.map(
            ([x, y]) => `${(x * AREA).toFixed(1)} ${(y * AREA).toFixed(1)}`,
          );
          return `M${points.length > 1 ? points.join("L") : `${points[0]}l.01 0`}`;
        })
        .join(""),
    );
    changed(strokes);
  };
  const begin = (/** @type {number[]} */ point) => {
    if (fresh) strokes = [];
    fresh = false;
    strokes.push([point]);
    drawn();
  };
  const go = (/** @type {number[][]} */ points) => {
    lastOf(strokes).push(...points);
    drawn();
  };
  /** @type {(place: number[], down: boolean) => void} */
  const shown = (place, down) => {
    const [x, y] = place.map((value) => value * AREA);
    cross.setAttribute("d", `M${x - 9} ${y}h18M${x} ${y - 9}v18`);
    cross.classList.toggle("live-down", down);
  };
  const { lift } = pen(node, { start: [0.5, 0.2], step: 1 / 20, begin, go, shown });
  const put = (/** @type {Stroke[]} */ examples) => {
    strokes = examples.map((stroke) => [...stroke]);
    fresh = true;
    lift();
    drawn();
  };
  return { node, put };
}

/** @param {Stage<Options, Question, Answer>} stage */
async function draw({ body, options, ask, say, fail }) {
  const words = h("p", { class: "live-readout" });
  const chart = bars({ caption: "Probability of each digit", labels: [...Array(10).keys()] });
  const image = gallery("What the network gets: 8 by 8 numbers", 1, 10);
  const maps = [
    gallery("Feature maps of the first layer", 8, 5),
    gallery("Feature maps of the second layer", 8, 8),
  ];
  /** @type {(answered: Answer, question: Question) => void} */
  const show = (answered, { strokes }) => {
    fail();
    const { probabilities } = answered;
    words.textContent = strokes.length ? verdict(probabilities, options.sure) : "Draw a digit.";
    say(words.textContent);
    chart.show(strokes.length ? probabilities : probabilities.map(() => 0));
    image.show([1, 8, 8], answered.image);
    for (const [layer, { shape, values }] of answered.maps.entries())
      maps[layer].show(shape, values);
  };
  const update = latest(ask, show, fail);
  const area = pad((strokes) => update({ strokes }));
  const picks = options.examples.map(({ name, strokes }) => button(name, () => area.put(strokes)));
  /** @type {(title: string, picture: { node: HTMLElement }) => HTMLElement} */
  const named = (title, { node }) =>
    h("figure", { class: "live-named" }, h("figcaption", {}, title), node);
  body.append(
    h(
      "div",
      { class: "live-columns" },
      h(
        "div",
        {},
        area.node,
        h(
          "div",
          { class: "live-row" },
          button("Clear", () => area.put([])),
        ),
      ),
      h("div", {}, words, chart.node),
    ),
    h("div", { class: "live-row" }, "Or look at: ", picks),
    h(
      "div",
      { class: "live-row live-layers" },
      named("It gets", image),
      named("First layer", maps[0]),
      named("Second layer", maps[1]),
    ),
  );
  // The first answer brings the runtime; a page that cannot have it must say so.
  show(await ask({ strokes: options.examples[0].strokes }), options.examples[0]);
  area.put(options.examples[0].strokes);
}

export default live({ draw, answer });
