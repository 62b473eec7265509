// A small image to paint on, with a pointer or with keys.
import { h } from "../frame/elements.mjs";
import { greys, sheet } from "./image_canvas.mjs";
import { brushed, filled, SIDE } from "./painting.mjs";
import { pen } from "./pen.mjs";

/** @import { Pixels } from "./painting.mjs" */

const UNDOS = 100;

/** @typedef {{ fills: boolean, size: number, grey: number }} Tool what a press does */

/**
 * The sheet to paint on, once it has its first image.
 * @param {() => Tool} tool
 * @param {(pixels: Pixels, undos: number) => void} painted gets each new image
 * @param {(x: number, y: number, grey: number) => void} visited gets a pixel that keys go to
 */
export function easel(tool, painted, visited) {
  /** @type {Pixels | undefined} */
  let pixels;
  let last = [0, 0];
  /** @type {Pixels[]} */
  let past = [];
  const canvas = sheet({ "aria-hidden": "true" });
  const cell = h("span", { class: "live-cell" });
  const node = h(
    "div",
    {
      class: "live-pad live-easel",
      tabindex: 0,
      role: "application",
      "aria-label":
        "The image. Arrow keys move a pixel mark; Space puts the brush down or lifts it, or fills.",
    },
    canvas,
    cell,
  );
  /** @param {Pixels} image */
  const show = (image) => {
    pixels = image;
    greys(canvas, image);
    painted(image, past.length);
  };
  const scaled = (/** @type {number[]} */ point) =>
    point.map((value) => Math.min(SIDE - 0.01, value * SIDE));
  /**
   * @param {Pixels} image
   * @param {number[][]} points
   */
  const stroke = (image, points) => {
    const { size, grey } = tool();
    let made = image;
    for (const point of points) {
      made = brushed(made, last, point, size, grey);
      last = point;
    }
    show(made);
  };
  const keep = (/** @type {Pixels} */ image) => {
    past = [...past, image].slice(-UNDOS);
  };
  const begin = (/** @type {number[]} */ point) => {
    if (!pixels) return;
    keep(pixels);
    last = scaled(point);
    const { fills, grey } = tool();
    if (fills) show(filled(pixels, last, grey));
    else stroke(pixels, [last]);
  };
  /** @type {(point: number[], down: boolean) => void} */
  const shown = (point, down) => {
    const [x, y] = scaled(point).map(Math.floor);
    Object.assign(cell.style, { left: `${(100 * x) / SIDE}%`, top: `${(100 * y) / SIDE}%` });
    cell.classList.toggle("live-down", down);
    if (pixels && !down) visited(x, y, pixels[y * SIDE + x]);
  };
  const { lift } = pen(node, {
    start: [14.5 / SIDE, 14.5 / SIDE],
    step: 1 / SIDE,
    begin,
    go: (points) => pixels && stroke(pixels, points.map(scaled)),
    shown,
    taps: () => tool().fills,
  });
  return {
    node,
    lift,
    /**
     * Replace the image by another.
     * @param {Pixels} image
     */
    put(image) {
      if (pixels) keep(pixels);
      show(image);
    },
    /**
     * Replace the image by what `make` makes of it.
     * @param {(image: Pixels) => Pixels} make
     */
    change(make) {
      if (!pixels) return;
      keep(pixels);
      show(make(pixels));
    },
    undo() {
      const before = past.pop();
      if (before) show(before);
    },
  };
}
