// A spectrogram as pixels behind axes, with a mark that reads one place of it.
import { h } from "../frame/elements.mjs";
import { drawingOn } from "./gallery.mjs";
import { handle, plot } from "./plot.mjs";

/** @import { Pair } from "./plot.mjs" */

/** matplotlib's cividis at five places: from dark blue to yellow, for color-blind eyes too. */
const CIVIDIS = [
  [0, 34, 78],
  [67, 78, 108],
  [125, 124, 120],
  [188, 174, 108],
  [254, 232, 56],
];
const STEPS = 100;
const SHADES = Array.from({ length: STEPS + 1 }, (_, i) => {
  const at = (i / STEPS) * (CIVIDIS.length - 1);
  const low = Math.min(Math.floor(at), CIVIDIS.length - 2);
  return CIVIDIS[low].map((value, c) => value + (at - low) * (CIVIDIS[low + 1][c] - value));
});
const [WIDE, TALL] = [360, 250];

/**
 * Axes for levels from `floor` to 0, which `paint` takes as rows from low to high frequencies.
 * `read` is told the time, the row and the level of a place, and returns them in words.
 * @param {{ seconds: number, height: number, unit: string, floor: number,
 *   read: (time: number, row: number, level: number) => string }} settings
 */
export function spectrogramPicture({ seconds, height, unit, floor, read }) {
  const axes = plot({
    x: [0, seconds],
    y: [0, height],
    xLabel: "seconds",
    yLabel: unit,
    width: WIDE,
    height: TALL,
    grid: false,
    label: "The spectrogram",
  });
  const canvas = h("canvas", { "aria-hidden": "true" });
  const [left, top] = [axes.px(0), axes.py(height)];
  const percent = (/** @type {number} */ part) => `${(100 * part).toFixed(3)}%`;
  Object.assign(canvas.style, {
    position: "absolute",
    left: percent(left / WIDE),
    top: percent(top / TALL),
    width: percent((axes.px(seconds) - left) / WIDE),
    height: percent((axes.py(0) - top) / TALL),
    imageRendering: "pixelated",
  });
  axes.node.style.position = "relative"; // above the pixels
  /** @type {number[][]} */
  let rows = [[floor]];
  /** @type {(place: Pair) => string} */
  const words = ([time, tall]) => {
    const row = Math.min(rows.length - 1, Math.floor((tall / height) * rows.length));
    const column = Math.round((time / seconds) * (rows[0].length - 1));
    return read(time, row, rows[row][column]);
  };
  /** @type {Pair} */
  let place = [seconds / 2, height / 8];
  const mark = handle(axes, {
    label: "Place in the spectrogram",
    at: place,
    step: [seconds / 100, height / 64],
    text: words,
    move: (to) => {
      place = to;
    },
  });
  axes.layer(false).append(mark.node);
  const paint = (/** @type {number[][]} */ levels) => {
    rows = levels;
    const [high, wide] = [levels.length, levels[0].length];
    canvas.width = wide;
    canvas.height = high;
    const context = drawingOn(canvas);
    const picture = context.createImageData(wide, high);
    levels.forEach((row, k) => {
      let at = 4 * (high - 1 - k) * wide;
      for (const level of row) {
        const [red, green, blue] = SHADES[Math.round(STEPS * (1 - level / floor))];
        picture.data[at] = red;
        picture.data[at + 1] = green;
        picture.data[at + 2] = blue;
        picture.data[at + 3] = 255;
        at += 4;
      }
    });
    context.putImageData(picture, 0, 0);
    mark.put(place);
  };
  return {
    node: h("div", { style: "position:relative;max-width:30em" }, canvas, axes.node),
    paint,
  };
}
