// A threshold on scores: which examples are called, the four counts, the point on the ROC curve.
import { slider } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { handle, plot } from "../parts/plot.mjs";

/** True and false positives, false and true negatives, where `score >= threshold` calls one. */
export function answer({ threshold }, { scores, labels }) {
  if (!Number.isFinite(threshold)) throw new Error("The threshold must be a number.");
  const counts = [0, 0, 0, 0];
  scores.forEach((score, i) => (counts[(score >= threshold ? 0 : 2) + (labels[i] ? 0 : 1)] += 1));
  return { counts };
}

/** The ROC curve: [false, true positive rate] for each threshold that matters, from high to low. */
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

const probabilityOf = (logit) => 1 / (1 + Math.exp(-logit));
const alarms = (count) => (count === 1 ? "false alarm" : "false alarms");
const shareOf = (part, all) => (all ? (part / all).toFixed(3) : "none called");

/** A probability in words that neither round to 0 nor to 1. */
export function probabilityText(logit) {
  const p = probabilityOf(logit);
  return p < 0.001 || p > 0.999 ? p.toFixed(5) : p.toFixed(3);
}

const ROWS = [
  ["plum", "circle"],
  ["blue", "square"],
];

/** An example in the row of its class, filled where it is called; neighbors are spread a little. */
function exampleMark(axes, score, row, order, called) {
  const [color, shape] = ROWS[row];
  const shown = Math.max(axes.x[0], Math.min(axes.x[1], score));
  const [x, y] = [axes.px(shown), axes.py(1 - row) + ((order % 5) - 2) * 8];
  const look = {
    fill: `var(--lt-${color})`,
    "fill-opacity": called ? 0.85 : 0,
    stroke: `var(--lt-${color})`,
    "stroke-width": 1.2,
  };
  return shape === "circle"
    ? s("circle", { cx: x, cy: y, r: 3.2, ...look })
    : s("rect", { x: x - 2.8, y: y - 2.8, width: 5.6, height: 5.6, ...look });
}

function countsTable([positive, negative], [tp, fp, fn, tn]) {
  const cell = (count, name) => h("td", {}, h("strong", {}, count), ` ${name}`);
  const row = (name, ...cells) => h("tr", {}, h("th", { scope: "row" }, name), cells);
  return h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td", {}),
        h("th", { scope: "col" }, `called ${positive}`),
        h("th", { scope: "col" }, `called ${negative}`),
      ),
    ),
    h(
      "tbody",
      {},
      row(positive, cell(tp, "found"), cell(fn, "missed")),
      row(negative, cell(fp, alarms(fp)), cell(tn, "left alone")),
    ),
  );
}

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
      "Every example at its logit: positive ones above, negative ones below. Filled where it is called positive",
  });
  // The rows are named instead of numbered.
  strip.node
    .querySelectorAll('.live-axes text[text-anchor="end"]')
    .forEach((text) => text.remove());
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

  const order = [0, 0];
  const nth = labels.map((label) => order[label]++);
  const show = () => {
    const [tp, fp, fn, tn] = counted;
    table.replaceChildren(countsTable(names, counted));
    here.setAttribute("cx", chart.px(fp / (fp + tn)));
    here.setAttribute("cy", chart.py(tp / (tp + fn)));
    const total = cost * fn + fp;
    readout.textContent = `Precision ${shareOf(tp, tp + fp)}, recall ${shareOf(tp, tp + fn)}, false positive rate ${shareOf(fp, fp + tn)}. Total cost ${cost} × ${fn} + ${fp} = ${total}.`;
    say(
      `Threshold ${probabilityText(threshold)}: ${tp} found, ${fn} missed, ${fp} ${alarms(fp)}, total cost ${total}.`,
    );
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
