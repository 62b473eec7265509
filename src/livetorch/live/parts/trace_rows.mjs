// Spans of time in rows, one for each depth; a mouse, fingers and keys move what is seen.
import { h, s } from "../frame/elements.mjs";
import { ticks } from "./plot.mjs";
import { kindOf } from "./trace_spans.mjs";

/** @import { Span } from "./trace_spans.mjs" */
/** @typedef {[first: number, last: number]} Range */
/** @typedef {{ range: Range, chosen: number, lit: (place: number) => boolean }} Look */

const ROW = 19;
/** The shortest stretch of time that fills the width: two microseconds. */
const SHORTEST = 20;
/** What is narrower than this part of the width is drawn together with its neighbors. */
const NARROW = 0.0016;
const CLICK = 4;

/**
 * A stretch of time inside of the whole.
 * @param {number} middle
 * @param {number} length
 * @param {number} end of the whole
 * @returns {Range}
 */
export function rangeAround(middle, length, end) {
  const long = Math.round(Math.max(Math.min(SHORTEST, end), Math.min(end, length)));
  const first = Math.round(Math.max(0, Math.min(end - long, middle - long / 2)));
  return [first, first + long];
}

/**
 * What is drawn in a row: single spans by their place, and stretches of narrow ones without.
 * @param {Span[]} spans
 * @param {Range} range
 * @param {number} depth
 * @param {(place: number) => boolean} lit
 */
export function boxesOf(spans, [first, last], depth, lit) {
  const narrow = NARROW * (last - first);
  /** @type {{ start: number, end: number, place: number, lit: boolean }[]} */
  const boxes = [];
  for (const [place, span] of spans.entries()) {
    if (span.depth !== depth || span.end < first || span.start > last) continue;
    const { start, end } = span;
    const before = boxes.at(-1);
    if (end - start >= narrow) boxes.push({ start, end, place, lit: lit(place) });
    else if (before && before.place < 0 && start - before.end < narrow) {
      before.end = end;
      before.lit ||= lit(place);
    } else boxes.push({ start, end, place: -1, lit: lit(place) });
  }
  return boxes;
}

/**
 * @param {{ spans: Span[], choose: (place: number) => unknown, move: (range: Range) => unknown,
 *   zoom: (place: number) => unknown }} settings `zoom` shows a span in full
 */
export function traceRows({ spans, choose, move, zoom }) {
  const whole = Math.max(...spans.map((span) => span.end));
  const depths = Math.max(...spans.map((span) => span.depth)) + 1;
  const drawing = s("svg", { width: "100%", height: depths * ROW, "aria-hidden": "true" });
  const scale = h("div", { class: "live-scale", "aria-hidden": "true" });
  const frame = h("span", { class: "live-trace-window" });
  const overview = h("div", { class: "live-trace-all", "aria-hidden": "true" }, frame);
  const rows = h(
    "div",
    {
      class: "live-trace",
      role: "application",
      tabindex: 0,
      "aria-label":
        "The trace. Left and right go to the next span of a row, up to the one around it, " +
        "down to the first inside; Enter shows it in full, plus and minus zoom, Home shows all.",
    },
    drawing,
  );
  /** @type {Look} */
  let look = { range: [0, whole], chosen: 0, lit: () => false };
  const percent = (/** @type {number} */ time, [first, last] = look.range) =>
    `${((100 * (time - first)) / (last - first)).toFixed(3)}%`;

  let due = false;
  /** What is seen changes at once, the drawing in the next frame. @param {Look} now */
  const show = (now) => {
    look = now;
    if (!due) requestAnimationFrame(paint);
    due = true;
  };
  const paint = () => {
    due = false;
    const [first, last] = look.range;
    const searching = spans.some((_, place) => look.lit(place));
    /** @type {SVGElement[]} */
    const shapes = [];
    for (let depth = 0; depth < depths; depth += 1) {
      for (const box of boxesOf(spans, look.range, depth, look.lit)) {
        const from = Math.max(first, box.start);
        const wide = Math.min(last, box.end) - from;
        const part = wide / (last - first);
        const kind = box.place < 0 ? "many" : kindOf(spans[box.place].name);
        const classes = [
          `live-trace-${kind}`,
          searching && !box.lit ? "live-trace-dim" : "",
          box.lit ? "live-trace-lit" : "",
          box.place === look.chosen ? "live-trace-chosen" : "",
        ];
        const shape = s("rect", { width: "100%", height: ROW - 2, class: classes.join(" ") });
        const name = part > 0.03 && box.place >= 0 ? spans[box.place].name : "";
        shapes.push(
          s(
            "svg",
            {
              x: percent(from),
              y: depth * ROW + 1,
              width: `${Math.max(0.14, 100 * part).toFixed(3)}%`,
              height: ROW - 2,
            },
            shape,
            name ? s("text", { x: 3, y: 12.5 }, name.replace(/^aten::/, "")) : null,
          ),
        );
      }
    }
    drawing.replaceChildren(...shapes);
    const unit = last - first > 20_000 ? 10_000 : 10;
    scale.replaceChildren(
      ...ticks([first / unit, last / unit], 4).map((value) => {
        const word = unit === 10 ? "µs" : "ms";
        const mark = h("span", {}, `${value.toLocaleString("en")} ${word}`);
        const at = (value * unit - first) / (last - first);
        mark.style.left = `${100 * at}%`;
        if (at < 0.05) mark.style.transform = "none";
        if (at > 0.95) mark.style.transform = "translateX(-100%)";
        return mark;
      }),
    );
    frame.style.left = percent(first, [0, whole]);
    frame.style.width = percent(last - first, [0, whole]);
  };

  /** @param {{ clientX: number }} event */
  const timeAt = ({ clientX }, box = rows.getBoundingClientRect()) => {
    const [first, last] = look.range;
    return first + ((clientX - box.left) / box.width) * (last - first);
  };
  /** @type {(factor: number, middle?: number) => unknown} */
  const zoomBy = (factor, middle = (look.range[0] + look.range[1]) / 2) => {
    const [first, last] = look.range;
    const length = (last - first) / factor;
    const left = middle - ((middle - first) / (last - first)) * length;
    return move(rangeAround(left + length / 2, length, whole));
  };
  /** The span at a place of the drawing, or the nearest of its row. @param {MouseEvent} event */
  const under = (event) => {
    const box = rows.getBoundingClientRect();
    const depth = Math.floor((event.clientY - box.top) / ROW);
    const time = timeAt(event);
    const near = (6 / box.width) * (look.range[1] - look.range[0]);
    let [best, least] = [-1, near];
    for (const [place, span] of spans.entries()) {
      const away = Math.max(0, span.start - time, time - span.end);
      if (span.depth === depth && away < least) [best, least] = [place, away];
    }
    return best;
  };

  /** The pointers that are down, by their number. @type {Map<number, PointerEvent>} */
  const down = new Map();
  let [moved, from] = [false, 0];
  rows.addEventListener("pointerdown", (event) => {
    if (!down.size) [moved, from] = [false, event.clientX];
    down.set(event.pointerId, event);
    rows.setPointerCapture(event.pointerId);
  });
  rows.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    if (!moved && down.size === 1 && Math.abs(event.clientX - from) < CLICK) return;
    moved = true;
    const other = [...down.values()].find((one) => one.pointerId !== event.pointerId);
    down.set(event.pointerId, event);
    if (other) {
      const [wide, was] = [event, before].map((one) => Math.abs(one.clientX - other.clientX));
      if (wide > 10 && was > 10) zoomBy(wide / was, timeAt(other));
    } else {
      const shift = timeAt(before) - timeAt(event);
      const [first, last] = look.range;
      move(rangeAround((first + last) / 2 + shift, last - first, whole));
    }
  });
  rows.addEventListener("pointerup", (event) => {
    if (down.delete(event.pointerId) && !moved) choose(under(event));
  });
  rows.addEventListener("pointercancel", (event) => down.delete(event.pointerId));
  rows.addEventListener("dblclick", (event) => zoom(under(event)));
  rows.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoomBy(1.0025 ** -event.deltaY, timeAt(event));
    },
    { passive: false },
  );
  rows.addEventListener("keydown", (event) => {
    const act = {
      ArrowLeft: () => choose(beside(spans, look.chosen, -1)),
      ArrowRight: () => choose(beside(spans, look.chosen, 1)),
      ArrowUp: () => choose(spans[look.chosen].parent),
      ArrowDown: () =>
        choose(spans[look.chosen + 1]?.parent === look.chosen ? look.chosen + 1 : -1),
      Enter: () => zoom(look.chosen),
      Home: () => zoom(0),
      "+": () => zoomBy(2, middleOf(spans[look.chosen])),
      "-": () => zoomBy(0.5),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  /** @param {PointerEvent} event */
  const toMiddle = (event) => {
    const box = overview.getBoundingClientRect();
    const [first, last] = look.range;
    move(rangeAround(((event.clientX - box.left) / box.width) * whole, last - first, whole));
  };
  overview.addEventListener("pointerdown", (event) => {
    overview.setPointerCapture(event.pointerId);
    toMiddle(event);
  });
  overview.addEventListener("pointermove", (event) => {
    if (overview.hasPointerCapture(event.pointerId)) toMiddle(event);
  });
  return { node: h("div", {}, overview, scale, rows), show, zoomBy, whole };
}

/** @param {Span} span */
const middleOf = ({ start, end }) => (start + end) / 2;

/**
 * The next span of the same depth, before or after; -1 for none.
 * @param {Span[]} spans
 * @param {number} place
 * @param {1 | -1} step
 */
export function beside(spans, place, step) {
  let at = place + step;
  while (spans[at] && spans[at].depth !== spans[place].depth) at += step;
  return spans[at] ? at : -1;
}
