// A sheet of white paper to draw on in colors, with a pointer or with keys.
import { h } from "../frame/elements.mjs";
import { drawingOn } from "./gallery.mjs";
import { lastOf } from "./lists.mjs";
import { pen } from "./pen.mjs";
import { SHEET, shrunk } from "./small_pictures.mjs";

/** @typedef {{ color: string, size: number }} Brush */
/** @typedef {{ name: string, kind: string } | null} Subject what the sheet is known to show */
/** @typedef {{ image: ImageData, subject: Subject }} State */

const UNDOS = 20;

/**
 * The sheet; `changed` gets what a network would see of it, after each change.
 * @param {() => Brush} brush
 * @param {(small: Uint8Array, subject: Subject, undos: number) => void} changed
 */
export function colorSheet(brush, changed) {
  const canvas = h("canvas", { width: SHEET, height: SHEET, "aria-hidden": "true" });
  const mark = h("span", { class: "live-cell" });
  const node = h(
    "div",
    {
      class: "live-pad live-easel live-paper",
      tabindex: 0,
      role: "application",
      "aria-label":
        "The paper. Arrow keys move the pen, Space puts it down or lifts it. " +
        "A picture from disk can be dropped here.",
    },
    canvas,
    mark,
  );
  const context = drawingOn(canvas);
  /** @type {State[]} */
  let past = [];
  /** @type {Subject} */
  let subject = null;
  let last = [0, 0];
  const pixels = () => context.getImageData(0, 0, SHEET, SHEET);
  const tell = () => changed(shrunk(pixels().data), subject, past.length);
  const keep = () => {
    past = [...past, { image: pixels(), subject }].slice(-UNDOS);
  };
  const empty = () => {
    context.fillStyle = "white";
    context.fillRect(0, 0, SHEET, SHEET);
  };
  /** @param {number[][]} points */
  const stroke = (points) => {
    const { color, size } = brush();
    Object.assign(context, { strokeStyle: color, lineWidth: size, lineCap: "round" });
    for (const point of points.map((place) => place.map((value) => value * SHEET))) {
      context.beginPath();
      context.moveTo(last[0], last[1]);
      context.lineTo(point[0] + 0.01, point[1]); // a press alone leaves a dot
      context.stroke();
      last = point;
    }
    tell();
  };
  const { lift } = pen(node, {
    start: [0.5, 0.5],
    step: 1 / 28,
    begin: (point) => {
      keep();
      last = point.map((value) => value * SHEET);
      stroke([point]);
    },
    go: stroke,
    shown: ([x, y], down) => {
      Object.assign(mark.style, { left: `${98 * x}%`, top: `${98 * y}%` });
      mark.classList.toggle("live-down", down);
    },
  });
  empty();
  return {
    node,
    /**
     * Put something else on the paper; `draw` paints on it, once it is white.
     * @param {Subject} shown
     * @param {(context: CanvasRenderingContext2D) => void} [draw]
     * @param {boolean} [first] whether there is no state before it to go back to
     */
    put(shown, draw, first = false) {
      if (!first) keep();
      lift();
      empty();
      draw?.(context);
      subject = shown;
      tell();
    },
    undo() {
      if (!past.length) return;
      const before = lastOf(past);
      past = past.slice(0, -1);
      context.putImageData(before.image, 0, 0);
      subject = before.subject;
      lift();
      tell();
    },
  };
}
