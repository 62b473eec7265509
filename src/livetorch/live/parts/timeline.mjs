// Rows of spans along one time, a line across them that mouse, touch and keys move.
import { h, s } from "../frame/elements.mjs";
import { ticks } from "./plot.mjs";

/** @typedef {{ row: number, kind: string, text: string, start: number, end: number }} Span */

const WIDTH = 360;
const LEFT = 26;
const RIGHT = 8;
const TOP = 16;
const ROW = 26;
const THIN = 7;
/** Between two spans, unless they are so short that it would hide them. */
const GAP = 0.8;
/** Of a letter of a label, in units of the drawing. */
const LETTER = 7;

/**
 * A drawing whose mark says a time. `move(time)` is called when a hand moves the mark.
 *
 * show(spans, rows, end, thin) draws them; spans whose kind is in `thin` lie in a narrow lane below
 * the others of their row. A span has the class `live-span-KIND`.
 * @param {{ label: string, move: (time: number) => unknown, text: () => string }} settings
 */
export function timeline({ label, move, text }) {
  const back = s("g", { class: "live-axes", "aria-hidden": "true" });
  const marks = s("g", { "aria-hidden": "true" });
  const line = s("path", { class: "live-now" });
  const grip = s("path", { class: "live-now-grip", d: `M-6 2H6V9L0 ${TOP}L-6 9Z` });
  const mark = s("g", { class: "live-now-mark" }, line, grip);
  const node = s(
    "svg",
    { class: "live-plot live-timeline", tabindex: 0, role: "slider", "aria-label": label },
    back,
    marks,
    mark,
  );
  let end = 1;
  let time = 0;
  /** @param {number} at */
  const px = (at) => LEFT + (at / end) * (WIDTH - LEFT - RIGHT);
  const say = () => {
    node.setAttribute("aria-valuenow", String(time));
    node.setAttribute("aria-valuetext", text());
  };
  /** @param {number} to */
  const put = (to) => {
    time = Math.max(0, Math.min(end, to));
    mark.setAttribute("transform", `translate(${px(time).toFixed(2)} 0)`);
  };
  /** @param {number} to */
  const go = (to) => {
    put(to);
    move(time);
    say();
  };
  /** @param {PointerEvent} event */
  const pointed = (event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(
      node.getScreenCTM()?.inverse(),
    );
    go(Math.round(((place.x - LEFT) / (WIDTH - LEFT - RIGHT)) * end));
  };
  node.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    node.focus();
    node.setPointerCapture(event.pointerId);
    pointed(event);
  });
  node.addEventListener("pointermove", (event) => {
    if (node.hasPointerCapture(event.pointerId)) pointed(event);
  });
  node.addEventListener("keydown", (event) => {
    const far = event.shiftKey ? 10 : 1;
    /** @type {Record<string, number>} */
    const to = {
      ArrowLeft: time - far,
      ArrowDown: time - far,
      ArrowRight: time + far,
      ArrowUp: time + far,
      PageDown: time - 10,
      PageUp: time + 10,
      Home: 0,
      End: end,
    };
    if (!(event.key in to)) return;
    event.preventDefault();
    go(to[event.key]);
  });
  /** @type {(spans: Span[], rows: number, end: number, thin: Set<string>) => void} */
  const show = (spans, rows, last, thin) => {
    end = last;
    const height = TOP + rows * ROW + 30;
    node.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
    node.setAttribute("aria-valuemin", "0");
    node.setAttribute("aria-valuemax", String(end));
    const bottom = TOP + rows * ROW;
    const lane = spans.some(({ kind }) => thin.has(kind)) ? THIN + 1 : 0;
    back.replaceChildren(
      ...ticks([0, end]).flatMap((value) => [
        s("path", { class: "live-grid", d: `M${px(value).toFixed(2)} ${TOP}V${bottom}` }),
        s("text", { x: px(value), y: bottom + 13, "text-anchor": "middle" }, value),
      ]),
      s("text", { x: px(end / 2), y: bottom + 27, "text-anchor": "middle" }, "time"),
      ...Array.from({ length: rows }, (_, row) =>
        s("text", { x: LEFT - 8, y: TOP + row * ROW + 17, "text-anchor": "end" }, row),
      ),
    );
    marks.replaceChildren(
      ...spans.map(({ row, kind, text: words, start, end: until }) => {
        const narrow = thin.has(kind);
        const y = TOP + row * ROW + (narrow ? ROW - THIN - 1 : 2);
        const high = narrow ? THIN : ROW - 4 - lane;
        const width = px(until) - px(start);
        const box = s("rect", {
          class: `live-span live-span-${kind}`,
          x: px(start).toFixed(2),
          y,
          width: (width > GAP * 4 ? width - GAP : width).toFixed(2),
          height: high,
        });
        if (narrow || width < LETTER * words.length + 2) return box;
        const middle = { x: px((start + until) / 2).toFixed(2), y: y + high / 2 + 4.2 };
        return s("g", {}, box, s("text", { ...middle, "text-anchor": "middle" }, words));
      }),
    );
    line.setAttribute("d", `M0 ${TOP - 2}V${bottom + 2}`);
    put(time);
    say();
  };
  return { node: h("div", {}, node), show, put, say };
}
