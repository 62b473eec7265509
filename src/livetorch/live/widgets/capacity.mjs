// Polynomials of every degree through some points, and what each loses on new ones.
import { check, choice, slider } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { plot } from "../parts/plot.mjs";
import { fitPolynomial, halfMse, heightAt, places } from "../parts/polynomials.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Pair, Scales } from "../parts/plot.mjs" */
/** @import { Points } from "../parts/polynomials.mjs" */
/**
 * @typedef {object} Options
 * @property {Points} train
 * @property {Points} val
 * @property {number} degree at the start
 * @property {number} degrees the largest
 * @property {number[]} counts how many training points there may be
 * @property {number[]} strengths of the weight decay
 * @property {Pair[]} ranges of x, of y and of the losses
 * @property {number} samples of the curve
 */
/** @typedef {{ degree: number, count: number, strength: number }} Question */
/** @typedef {{ curve: number[], losses: Pair[] }} Answer losses in training and validation */

/**
 * The fitted curve, and the training and validation loss of every degree.
 * @param {Question} question
 * @param {Options} options
 * @returns {Answer}
 */
export function answer(question, options) {
  const { degree, count, strength } = question;
  const { train, val, degrees, counts, strengths, ranges, samples } = options;
  const known = Number.isInteger(degree) && degree >= 0 && degree <= degrees;
  if (!known || !counts.includes(count) || !strengths.includes(strength))
    throw new Error("There is no such choice.");
  /** @type {Points} */
  const part = [train[0].slice(0, count), train[1].slice(0, count)];
  const fits = Array.from({ length: degrees + 1 }, (_, d) => fitPolynomial(...part, d, strength));
  return {
    curve: places(ranges[0], samples).map((x) => heightAt(fits[degree], x)),
    losses: fits.map((weights) => [halfMse(part, weights), halfMse(val, weights)]),
  };
}

/** Color and shape of the losses in training and in validation. */
const SIDES = [
  ["blue", "circle"],
  ["orange", "square"],
];
/** @param {number} loss */
const written = (loss) => (loss < 1000 ? loss.toPrecision(3) : "over 1000");

/**
 * @param {Scales} axes
 * @param {string} shape
 * @param {Pair} point
 * @param {string} color
 */
function mark(axes, shape, [x, y], color, size = 3.5, opacity = 1) {
  const common = { fill: `var(--lt-${color})`, "fill-opacity": opacity };
  const [cx, cy] = [axes.px(x), axes.py(y)];
  return shape === "circle"
    ? s("circle", { cx, cy, r: size, ...common })
    : s("rect", { x: cx - size, y: cy - size, width: 2 * size, height: 2 * size, ...common });
}

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail }) {
  const { train, val, degrees, counts, strengths, ranges, samples } = options;
  let [degree, count, strength, fresh] = [options.degree, counts[0], strengths[0], false];
  const picture = plot({
    x: ranges[0],
    y: ranges[1],
    xLabel: "x",
    label: "The points and the fitted polynomial",
  });
  const [behind, marks, line] = [picture.layer(), picture.layer(), picture.layer()];
  const chart = plot({
    x: [-0.5, degrees + 0.5],
    y: ranges[2],
    xLabel: "degree",
    yLabel: "loss",
    label: "The loss for every degree",
  });
  const [here, curves] = [chart.layer(false), chart.layer()];
  const readout = h("p", { class: "live-readout" });
  /** @type {(points: Points, many?: number) => Pair[]} */
  const pairs = ([x, y], many = x.length) => x.slice(0, many).map((value, i) => [value, y[i]]);

  const show = (/** @type {Answer} */ { curve, losses }) => {
    fail();
    behind.replaceChildren(
      ...(fresh
        ? pairs(val).map((point) => mark(picture, "square", point, "orange", 2.2, 0.45))
        : []),
    );
    marks.replaceChildren(
      ...pairs(train, count).map((point) => mark(picture, "circle", point, "blue")),
    );
    const points = places(ranges[0], samples).map((x, i) => [x, curve[i]]);
    line.replaceChildren(
      s("path", {
        d: picture.path(points),
        fill: "none",
        stroke: "var(--lt-ink)",
        "stroke-width": 2,
      }),
    );
    const at = chart.px(degree);
    here.replaceChildren(
      s("path", {
        d: `M${at} 22V212`,
        stroke: "var(--lt-ink)",
        "stroke-width": 1.2,
        "stroke-dasharray": "3 3",
      }),
    );
    curves.replaceChildren(
      ...SIDES.flatMap(([color, shape], side) => {
        /** @type {Pair[]} */
        const line = losses.map((pair, d) => [d, pair[side]]);
        const dash = side ? "5 3" : "none";
        return [
          s("path", {
            d: chart.path(line),
            fill: "none",
            stroke: `var(--lt-${color})`,
            "stroke-width": 1.6,
            "stroke-dasharray": dash,
          }),
          ...line
            .filter(([, loss]) => loss <= ranges[2][1])
            .map((point) => mark(chart, shape, point, color)),
        ];
      }),
    );
    const [onTrain, onVal] = losses[degree];
    const best = losses.reduce((least, pair, d) => (pair[1] < losses[least][1] ? d : least), 0);
    const both = `training loss ${written(onTrain)}, validation loss ${written(onVal)}`;
    const text = `Degree ${degree}: ${both}. Lowest on validation: degree ${best}.`;
    readout.textContent = text;
    say(text);
  };
  const update = latest(ask, show, fail);
  const changed = () => update({ degree, count, strength });
  /** @type {(name: string, color: string, shape: string) => HTMLElement} */
  const key = (name, color, shape) => {
    const same = (/** @type {number} */ value) => value;
    const sign = { px: same, py: same };
    return h(
      "span",
      {},
      s(
        "svg",
        { width: 14, height: 12, viewBox: "0 0 14 12", "aria-hidden": "true" },
        mark(sign, shape, [6, 6], color),
      ),
      name,
    );
  };
  body.append(
    slider({
      label: "Degree",
      min: 0,
      max: degrees,
      step: 1,
      value: degree,
      change: (value) => {
        degree = value;
        changed();
      },
    }).node,
    choice({
      label: "Training points",
      choices: counts.map((c) => [c, String(c)]),
      value: count,
      change: (value) => {
        count = value;
        changed();
      },
    }),
    choice({
      label: "Weight decay",
      choices: strengths.map((a) => [a, a ? String(a) : "none"]),
      value: strength,
      change: (value) => {
        strength = value;
        changed();
      },
    }),
    check({
      label: "Show the validation points",
      value: fresh,
      change: (value) => {
        fresh = value;
        changed();
      },
    }),
    h(
      "div",
      { class: "live-columns" },
      picture.node,
      h(
        "div",
        {},
        chart.node,
        h(
          "p",
          { class: "live-row" },
          key("training loss", "blue", "circle"),
          key("validation loss", "orange", "square"),
        ),
      ),
    ),
    readout,
  );
  return changed();
}

export default live({ draw, answer });
