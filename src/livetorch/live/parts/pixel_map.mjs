// A small image drawn pixel by pixel, and squares marked on it.
import { s } from "../frame/elements.mjs";

const SIZE = 340;

/**
 * Squares in grey from the smallest (dark) to the largest number (bright), with room for a border.
 * @param {number[][]} rows
 * @param {number} border
 * @param {string} label
 */
export function pixelMap(rows, border, label) {
  const [high, wide] = [rows.length, rows[0].length];
  const unit = SIZE / (Math.max(high, wide) + 2 * border);
  const flat = rows.flat();
  const [low, top] = [Math.min(...flat), Math.max(...flat)];
  const grey = (/** @type {number} */ value) =>
    top > low ? Math.round((255 * (value - low)) / (top - low)) : 128;
  const squares = rows.map((row, i) =>
    row.map((value, j) =>
      s("rect", {
        x: (j + border) * unit,
        y: (i + border) * unit,
        width: unit + 0.3,
        height: unit + 0.3,
        fill: `rgb(${grey(value)} ${grey(value)} ${grey(value)})`,
      }),
    ),
  );
  const frame = s("rect", {
    x: border * unit,
    y: border * unit,
    width: wide * unit,
    height: high * unit,
    fill: "none",
    stroke: "var(--lt-grey)",
  });
  const outer =
    border > 0
      ? s("rect", {
          x: 0,
          y: 0,
          width: (wide + 2 * border) * unit,
          height: (high + 2 * border) * unit,
          fill: "none",
          stroke: "var(--lt-grey)",
          "stroke-dasharray": "5 4",
        })
      : undefined;
  const node = s(
    "svg",
    {
      viewBox: `-3 -3 ${(wide + 2 * border) * unit + 6} ${(high + 2 * border) * unit + 6}`,
      class: "live-plot",
      role: "img",
      "shape-rendering": "crispEdges",
      "aria-label": label,
      style: "max-width:20em",
    },
    squares.flat(),
    frame,
    outer,
  );
  return { node, unit };
}

/**
 * A square's outline, which is seen on dark and on bright.
 * @type {(x: number, y: number, size: number) => SVGElement[]}
 */
export const marked = (x, y, size) => [
  s("rect", {
    x,
    y,
    width: size,
    height: size,
    fill: "none",
    stroke: "var(--lt-paper)",
    "stroke-width": 6,
  }),
  s("rect", {
    x,
    y,
    width: size,
    height: size,
    fill: "none",
    stroke: "var(--lt-orange)",
    "stroke-width": 3,
  }),
];
