// A threshold on scores: which examples are called, the four counts, the point on the ROC curve.
import { slider } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { alarms, countsTable, exampleMark } from "../parts/confusion.mjs";
import { handle, plot } from "../parts/plot.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Counts } from "../parts/confusion.mjs" */
/** @import { Pair } from "../parts/plot.mjs" */
/** @typedef {{ scores: number[], labels: number[] }} Examples a label is 1 or 0 */
/**
 * The examples, the names of the positive and the negative class, the logits that are drawn; the
 * threshold and the price of a miss at the start.
 * @typedef {Examples & { names: string[], range: Pair, start: number, cost: number }} Options
 */
/** @typedef {{ threshold: number }} Question */
/** @typedef {{ counts: Counts }} Answer */

/**
 * True and false positives, false and true negatives, where `score >= threshold` calls one.
 * @param {Question} question
 * @param {Examples} examples
 * @returns {Answer}
 */
export function answer({ threshold }, { scores, labels }) {
  if (!Number.isFinite(threshold)) throw new Error("The threshold must be a number.");
  const counts = [0, 0, 0, 0];
  for (const [i, score] of scores.entries())
    counts[(score >= threshold ? 0 : 2) + (labels[i] ? 0 : 1)] += 1;
  return { counts };
}

/**
 * The ROC curve: [false, true positive rate] for each threshold that matters, from high to low.
 * @param {Examples} examples
 */
export function rocPoints({ scores, labels }) {
  const thresholds = [Infinity, ...[...new Set(scores)].sort((a, b) => b - a)];
  const positives = labels.filter(Boolean).length;
  const points = thresholds.map((threshold) =>
    [0, 1].map(
      (label) => scores.filter((score, i) => labels[i] === label && score >= threshold).length,
    ),
  );
  return points.map(([fp, tp]) => [fp / (labels.length - positives), tp / positives]);
}

/** @param {number} logit */
const probabilityOf = (logit) => 1 / (1 + Math.exp(-logit));
/** @type {(part: number, all: number) => string} */
const shareOf = (part, all) => (all ? (part / all).toFixed(3) : "none called");

/**
 * A probability in words that neither round to 0 nor to 1.
 * @param {number} logit
 */
export function probabilityText(logit) {
  const p = probabilityOf(logit);
  return p < 0.001 || p > 0.999 ? p.toFixed(5) : p.toFixed(3);
}

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail }) {
  const { scores, labels, names, range } = options;
  let [threshold, cost] = [options.start, options.cost];
  let counted = answer({ threshold }, options).counts;

  const strip = plot({
    x: range,
    y: [-0.5, 1.5],
    xLabel: "logit",
    height: 210,
    grid: false,
    label:
      "Every example at its logit: positive ones above, negative ones below. " +
      "Filled where it is called positive",
  });
  // The rows are named instead of numbered.
  for (const text of strip.node.querySelectorAll('.live-axes text[text-anchor="end"]'))
    text.remove();
  const place = strip.layer(false);
  const rows = names.map((name, row) =>
    s("text", { x: strip.px(range[0]) + 4, y: strip.py(1 - row) - 26 }, name),
  );
  strip.layer(false).append(...rows);
  const marks = strip.layer(false);
  const chart = plot({
    x: [0, 1],
    y: [0, 1.08],
    xLabel: "false positive rate",
    yLabel: "true positive rate",
    height: 250,
    label: "The ROC curve, and its point at this threshold",
  });
  chart.layer().append(
    s("path", {
      d: chart.path([
        [0, 0],
        [1, 1],
      ]),
      fill: "none",
      stroke: "var(--lt-grey)",
      "stroke-dasharray": "4 4",
    }),
    s("path", {
      d: chart.path(rocPoints(options)),
      fill: "none",
      stroke: "var(--lt-ink)",
      "stroke-width": 1.6,
    }),
  );
  const here = s("circle", { r: 6, fill: "var(--lt-orange)", stroke: "var(--lt-ink)" });
  chart.layer(false).append(here);
  const edges = scores.some((score) => score < range[0] || score > range[1])
    ? " Scores beyond the ends are drawn there."
    : "";
  const legend = h(
    "p",
    {},
    `One mark for each example, filled where it is called ${names[0]}.${edges}`,
  );
  const table = h("div", {
    class: "live-scroll",
    role: "region",
    tabindex: 0,
    "aria-label": "The four counts",
  });
  const readout = h("p", { class: "live-readout" });

  const nth = labels.map((label, i) => labels.slice(0, i).filter((one) => one === label).length);
  const show = () => {
    const [tp, fp, fn, tn] = counted;
    table.replaceChildren(countsTable(names, counted));
    here.setAttribute("cx", String(chart.px(fp / (fp + tn))));
    here.setAttribute("cy", String(chart.py(tp / (tp + fn))));
    const total = cost * fn + fp;
    readout.textContent =
      `Precision ${shareOf(tp, tp + fp)}, recall ${shareOf(tp, tp + fn)}, ` +
      `false positive rate ${shareOf(fp, fp + tn)}. ` +
      `Total cost ${cost} × ${fn} + ${fp} = ${total}.`;
    const results = `${tp} found, ${fn} missed, ${fp} ${alarms(fp)}, total cost ${total}`;
    say(`Threshold ${probabilityText(threshold)}: ${results}.`);
  };
  const update = latest(
    ask,
    ({ counts }) => {
      fail();
      counted = counts;
      show();
    },
    fail,
  );
  const line = s("path", { stroke: "var(--lt-orange)", "stroke-width": 2 });
  place.append(line);
  const moved = () => {
    line.setAttribute("d", `M${strip.px(threshold)} 10V172`);
    marks.replaceChildren(
      ...scores.map((score, i) =>
        exampleMark(strip, score, labels[i] ? 0 : 1, nth[i], score >= threshold),
      ),
    );
    return update({ threshold });
  };
  const knob = handle(strip, {
    label: "Threshold on the drawing",
    at: [threshold, -0.5],
    step: [0.1, 0],
    text: ([logit]) => `probability ${probabilityText(logit)}`,
    move: ([logit]) => {
      threshold = Math.round(logit * 20) / 20;
      bar.value = threshold;
      moved();
      return [threshold, -0.5];
    },
  });
  strip.layer(false).append(knob.node);
  const bar = slider({
    label: "Threshold",
    min: range[0],
    max: range[1],
    step: 0.05,
    value: threshold,
    format: (logit) => `p ≥ ${probabilityText(logit)}`,
    change: (logit) => {
      threshold = logit;
      knob.put([logit, -0.5]);
      moved();
    },
  });
  const price = slider({
    label: "A miss costs",
    min: 1,
    max: 50,
    step: 1,
    value: cost,
    format: (value) => (value === 1 ? "1 alarm" : `${value} alarms`),
    change: (value) => {
      cost = value;
      show();
    },
  });
  body.append(
    bar.node,
    price.node,
    h("div", { class: "live-columns" }, h("div", {}, strip.node, legend), chart.node),
    table,
    readout,
  );
  return moved();
}

export default live({ draw, answer });
