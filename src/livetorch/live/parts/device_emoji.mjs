// Emoji as the reader's own device draws them.
import { h } from "../frame/elements.mjs";
import { drawingOn } from "./gallery.mjs";
import { inkBox, SHEET } from "./small_pictures.mjs";

const ROOM = 320;
const FONT = '200px "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", sans-serif';
/** The share of the sheet's side that a drawing fills, as in the sets that the network knows. */
const FILLED = 0.94;

/**
 * A sign in the color of the pen, on a transparent canvas.
 * @param {string} sign
 * @param {string} color
 */
function written(sign, color) {
  const canvas = h("canvas", { width: ROOM, height: ROOM });
  const context = drawingOn(canvas);
  Object.assign(context, { font: FONT, textAlign: "center", textBaseline: "middle" });
  context.fillStyle = color;
  context.fillText(sign, ROOM / 2, ROOM / 2);
  return { canvas, pixels: context.getImageData(0, 0, ROOM, ROOM).data };
}

/**
 * What draws an emoji onto a sheet, or null where this device has no picture of it in color.
 * @param {string} sign
 */
export function deviceEmoji(sign) {
  const { canvas, pixels } = written(sign, "red");
  // A picture has colors of its own; a letter, or the box that stands for a sign without a
  // picture, takes the pen's.
  const other = written(sign, "blue").pixels;
  const box = inkBox(pixels, ROOM);
  if (!box || pixels.some((value, i) => Math.abs(value - other[i]) > 8)) return null;
  const scale = (FILLED * SHEET) / Math.max(box.width, box.height);
  const [width, height] = [box.width * scale, box.height * scale];
  /** @param {CanvasRenderingContext2D} context */
  return (context) => {
    context.imageSmoothingQuality = "high";
    const [x, y] = [(SHEET - width) / 2, (SHEET - height) / 2];
    context.drawImage(canvas, box.x, box.y, box.width, box.height, x, y, width, height);
  };
}
