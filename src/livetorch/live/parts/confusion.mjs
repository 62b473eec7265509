// Examples and their four counts, drawn.
import { h, s } from "../frame/elements.mjs";

/** @import { Plot } from "./plot.mjs" */
/** @typedef {number[]} Counts true and false positives, false and true negatives */

/** @param {number} count */
export const alarms = (count) => (count === 1 ? "false alarm" : "false alarms");

const ROWS = [
  ["plum", "circle"],
  ["blue", "square"],
];

/**
 * An example in the row of its class, filled where it is called; neighbors are spread a little.
 * @param {Plot} axes
 * @param {number} score
 * @param {number} row
 * @param {number} order in its row
 * @param {boolean} called
 */
export function exampleMark(axes, score, row, order, called) {
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

/**
 * @param {string[]} names of the positive and the negative class
 * @param {Counts} counts
 */
export function countsTable([positive, negative], [tp, fp, fn, tn]) {
  /** @type {(count: number, name: string) => HTMLElement} */
  const cell = (count, name) => h("td", {}, h("strong", {}, count), ` ${name}`);
  /** @type {(name: string, ...cells: HTMLElement[]) => HTMLElement} */
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
