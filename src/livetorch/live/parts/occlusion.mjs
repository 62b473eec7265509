// Squares of an image covered in turn, and what each takes from a belief.
import { h } from "../frame/elements.mjs";
import { percent } from "./bars.mjs";
import { greys, sheet } from "./image_canvas.mjs";
import { sumOf } from "./lists.mjs";
import { SIDE } from "./painting.mjs";

/** @import { Pixels } from "./painting.mjs" */
/** @typedef {{ networks: string[], classes: string[] }} Names */

const WINDOW = 8;
const STEP = 4;
const SQUARES = (SIDE - WINDOW) / STEP + 1;
/** A smaller change of a probability is not spoken of. */
const FELT = 0.005;

/** Where each square begins that is covered in turn: [row, column]. */
const corners = Array.from({ length: SQUARES ** 2 }, (_, n) => [
  STEP * Math.floor(n / SQUARES),
  STEP * (n % SQUARES),
]);
/** @type {(i: number, corner: number[]) => boolean} */
const inSquare = (i, [row, column]) => {
  const [y, x] = [Math.floor(i / SIDE) - row, (i % SIDE) - column];
  return y >= 0 && y < WINDOW && x >= 0 && x < WINDOW;
};

/**
 * The image as often as there are squares, each time with one of them empty.
 * @param {Pixels} pixels
 */
export const covered = (pixels) =>
  corners.map((corner) => pixels.map((value, i) => (inSquare(i, corner) ? 0 : value)));

/**
 * How much each pixel matters: the mean fall over the squares that cover it.
 * @param {number[]} falls
 */
export function spread(falls) {
  return Array.from({ length: SIDE ** 2 }, (_, i) => {
    const own = falls.filter((_fall, n) => inSquare(i, corners[n]));
    return sumOf(own) / own.length;
  });
}

/**
 * The third of the image that a square is in: 0, 1 or 2.
 * @param {number} corner
 */
const third = (corner) => Math.floor((3 * (corner + WINDOW / 2)) / SIDE);

/**
 * The covered square that matters most, in words.
 * @param {number[]} falls
 * @param {number[][]} probabilities
 * @param {Names} names
 */
export function strongest(falls, [belief], { networks, classes }) {
  const most = Math.max(...falls);
  const [row, column] = corners[falls.indexOf(most)];
  const top = Math.max(...belief);
  const [high, wide] = [
    ["top", "middle", "bottom"][third(row)],
    ["left", "middle", "right"][third(column)],
  ];
  const where = high === wide ? "in the middle" : `at the ${high} ${wide}`;
  if (most < FELT) return "No single square matters: whichever is covered, the belief stays.";
  const fall = `falls from ${percent(top)} to ${percent(Math.max(0, top - most))}`;
  return (
    `Covering the marked square, ${where}, matters most: ` +
    `the belief of “${networks[0]}” in ${classes[belief.indexOf(top)]} ${fall}.`
  );
}

/** The image, with an orange layer where covering it matters, and the worst square framed. */
export function coverMap() {
  const canvas = sheet({ role: "img", "aria-label": "Where covering the image lowers the belief" });
  const frame = h("span", { class: "live-worst" });
  const words = h("p");
  const node = h(
    "div",
    { class: "live-row live-cover", hidden: true },
    h("div", { class: "live-covered" }, canvas, frame),
    words,
  );
  /**
   * @param {Pixels} pixels
   * @param {{ falls: number[], probabilities: number[][] }} beliefs
   * @param {Names} names
   */
  const show = (pixels, { falls, probabilities }, names) => {
    node.hidden = !falls.length;
    if (node.hidden) return;
    const context = greys(canvas, pixels);
    const matters = spread(falls);
    const most = Math.max(1e-3, ...matters);
    context.fillStyle = getComputedStyle(frame).borderTopColor;
    matters.forEach((value, i) => {
      // Covering nothing changes nothing.
      context.globalAlpha = pixels[i] ? 0.85 * Math.max(0, value / most) : 0;
      context.fillRect(i % SIDE, Math.floor(i / SIDE), 1, 1);
    });
    const [row, column] = corners[falls.indexOf(Math.max(...falls))];
    const share = (/** @type {number} */ value) => `${(100 * value) / SIDE}%`;
    Object.assign(frame.style, {
      left: share(column),
      top: share(row),
      width: share(WINDOW),
      height: share(WINDOW),
    });
    frame.hidden = Math.max(...falls) < FELT;
    words.textContent = strongest(falls, probabilities, names);
  };
  return { node, show, text: () => (node.hidden ? "" : words.textContent) };
}
