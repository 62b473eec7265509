// A spectrogram as pixels behind axes, with a mark that reads one place of it.
import { h, s } from "../frame/elements.mjs";
import { drawingOn } from "./gallery.mjs";
import { handle, plot } from "./plot.mjs";

/** matplotlib's cividis at five places: dark blue to yellow, for color-blind eyes too. */
const SHADES = [
  [0, 34, 78],
  [66, 78, 108],
  [124, 123, 120],
  [188, 174, 108],
  [254, 232, 56],
];

/**
 * A color between dark and bright.
 * @param {number} part 0 to 1
 */
export function shade(part) {
  const at = Math.max(0, Math.min(1, part)) * (SHADES.length - 1);
  const low = Math.min(Math.floor(at), SHADES.length - 2);
  return SHADES[low].map((value, i) => Math.round(value + (at - low) * (SHADES[low + 1][i] - value)));
}

const [WIDTH, HEIGHT] = [360, 250];

/**
 * Levels as rows from low to high frequencies. `read` is told the time, the row and the level of a
 * place, and returns them in words.
 * @param {{ levels: number[][], seconds: number, height: number, unit: string, floor: number,
 *   read: (time: number, row: number, level: number) => string }} settings
 */
export function spectrogramPicture({ levels, seconds, height, unit, floor, read }) {
  const [high, wide] = [levels.length, levels[0].length];
  const axes = plot({
    x: [0, seconds],
    y: [0, height],
    xLabel: "seconds",
    yLabel: unit,
    width: WIDTH,
    height: HEIGHT,
    grid: false,
    label: "The spectrogram",
  });
  const canvas = h("canvas", { width: wide, height: high, "aria-hidden": "true" });
  const context = drawingOn(canvas);
  const pixels = context.createImageData(wide, high);
  levels.forEach((row, k) => {
    row.forEach((level, t) => {
      pixels.data.set([...shade(1 - level / floor), 255], 4 * ((high - 1 - k) * wide + t));
    });
  });
  context.putImageData(pixels, 0, 0);
  const [left, top] = [axes.px(0), axes.py(height)];
  const percent = (/** @type {number} */ part) => `${(100 * part).toFixed(3)}%`;
  Object.assign(canvas.style, {
    position: "absolute",
    left: percent(left / WIDTH),
    top: percent(top / HEIGHT),
    width: percent((axes.px(seconds) - left) / WIDTH),
    height: percent((axes.py(0) - top) / HEIGHT),
    imageRendering: "pixelated",
  });
  axes.node.style.position = "relative"; // above the pixels
  /** @param {[number, number]} place */
  const levelAt = ([time, tall]) => {
    const row = Math.max(0, Math.min(high - 1, Math.floor((tall / height) * high)));
    const column = Math.max(0, Math.min(wide - 1, Math.round((time / seconds) * (wide - 1))));
    return read(time, row, levels[row][column]);
  };
  /** @type {[number, number]} */
  const start = [seconds / 2, height / 8];
  const cross = handle(axes, {
    label: "Place in the spectrogram",
    at: start,
    step: [seconds / 100, height / 64],
    text: levelAt,
    move: (place) => {
      levelAt(place);
    },
  });
  axes.layer(false).append(
    s("g", { "aria-hidden": "true" }),
    cross.node,
  );
  return h(
    "div",
    { style: "position:relative;max-width:30em" },
    canvas,
    axes.node,
  );
}
