// The plane of a network with two inputs: its points, the areas of both classes, its units' lines.
import { s } from "../frame/elements.mjs";
import { plot } from "./plot.mjs";

/** @import { Pair } from "./plot.mjs" */
/** @typedef {[number, number, number]} LabelledPoint x, y and the class, 0 or 1 */

/**
 * @param {number} limit of both coordinates
 * @param {number} cells along each side of the map
 */
export function decisionMap(limit, cells) {
  /** @type {Pair} */
  const span = [-limit, limit];
  const picture = plot({
    x: span,
    y: span,
    xLabel: "x₁",
    yLabel: "x₂",
    height: 356,
    grid: false,
    label: "The points of both classes, over the areas that the network gives to each",
  });
  const [areas, lines, marks] = [picture.layer(), picture.layer(), picture.layer()];
  const step = (2 * limit) / cells;
  const [wide, high] = [picture.px(step) - picture.px(0), picture.py(0) - picture.py(step)];
  const tiles = Array.from({ length: cells * cells }, (_, n) =>
    s("rect", {
      x: picture.px(-limit + (n % cells) * step),
      y: picture.py(-limit + (Math.floor(n / cells) + 1) * step),
      width: wide + 0.3,
      height: high + 0.3,
    }),
  );
  areas.append(...tiles);

  const showPoints = (/** @type {LabelledPoint[]} */ points) =>
    marks.replaceChildren(
      ...points.map(([x, y, label]) => {
        const [cx, cy] = [picture.px(x), picture.py(y)];
        const look = { stroke: "var(--lt-paper)", "stroke-width": 1 };
        return label
          ? s("circle", { cx, cy, r: 3.6, fill: "var(--lt-blue)", ...look })
          : s("rect", {
              x: cx - 3.2,
              y: cy - 3.2,
              width: 6.4,
              height: 6.4,
              fill: "var(--lt-orange)",
              ...look,
            });
      }),
    );
  /**
   * Where each unit of the first layer sums up to zero: two ends, far outside the picture.
   * @type {(theta: number[], units: number) => SVGElement[]}
   */
  const unitLines = (theta, units) =>
    Array.from({ length: units }, (_, o) => {
      const [a, b, c] = [theta[2 * o], theta[2 * o + 1], theta[2 * units + o]];
      const square = a * a + b * b || 1;
      const [x, y, far] = [(-a * c) / square, (-b * c) / square, 6 / Math.sqrt(square)];
      const ends = [
        [x - b * far, y + a * far],
        [x + b * far, y - a * far],
      ].map(([u, v]) => `${picture.px(u).toFixed(1)} ${picture.py(v).toFixed(1)}`);
      return s("path", {
        d: `M${ends[0]}L${ends[1]}`,
        stroke: "var(--lt-ink)",
        "stroke-width": 1.2,
        "stroke-dasharray": "5 4",
        fill: "none",
      });
    });
  /**
   * @param {number[]} grid the logit of each cell
   * @param {number[]} theta the weights
   * @param {number} units of the first layer
   */
  const show = (grid, theta, units) => {
    grid.forEach((logit, n) => {
      const sure = Math.tanh(Math.abs(logit) / 2);
      tiles[n].setAttribute("fill", logit > 0 ? "var(--lt-blue)" : "var(--lt-orange)");
      tiles[n].setAttribute("fill-opacity", (0.08 + 0.42 * sure).toFixed(2));
    });
    lines.replaceChildren(...unitLines(theta, units));
  };
  return { node: picture.node, showPoints, show };
}
