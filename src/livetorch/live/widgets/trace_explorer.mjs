// A profiler's trace to zoom into: its spans in rows, a table of what is seen, and a search.
import { button, choice, field } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { rangeAround, traceRows } from "../parts/trace_rows.mjs";
import {
  found,
  inTime,
  KINDS,
  lengthsIn,
  matches,
  timesByName,
  unpacked,
} from "../parts/trace_spans.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Range } from "../parts/trace_rows.mjs" */
/** @import { Found, NameTimes, Order } from "../parts/trace_spans.mjs" */
/** @typedef {{ range: Range, order: Order, text: string }} Question */
/**
 * The first names with time in the range, how many there are, and what the search finds in all.
 * @typedef {{ rows: NameTimes[], names: number, found: Found }} Answer
 */
/** @typedef {{ names: string[], spans: number[], about: string, longest: number }} Options */

const SHOWN = 8;

/**
 * @param {Question} question
 * @param {Options} options
 * @returns {Answer}
 */
export function answer({ range, order, text }, options) {
  const spans = unpacked(options.names, options.spans);
  const whole = Math.max(...spans.map((span) => span.end));
  const [first, last] = range;
  if (![first, last].every(Number.isInteger) || first < 0 || last > whole || first >= last)
    throw new Error("The range must lie inside of the trace.");
  if (!["self", "total"].includes(order)) throw new Error("Names are ordered by self or total.");
  if (text.length > options.longest)
    throw new Error(`A name has at most ${options.longest} characters here.`);
  const names = timesByName(spans, first, last, order);
  return { rows: names.slice(0, SHOWN), names: names.length, found: found(spans, text) };
}

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail }) {
  const spans = unpacked(options.names, options.spans);
  /** @type {Question} */
  const look = { range: [0, 1], order: "self", text: "" };
  let chosen = 0;
  const readout = h("p", { class: "live-readout live-trace-readout" });
  const count = h("p", { class: "live-readout" });
  const caption = h("caption", {});
  const table = h("tbody", {});

  const percent = (/** @type {number} */ part) =>
    `${(100 * part).toFixed(part < 0.0995 ? 1 : 0)} %`;
  const { lengths, own } = lengthsIn(spans, 0, Math.max(...spans.map((span) => span.end)));
  const words = () => {
    const { name, start, parent } = spans[chosen];
    const whole = percent(lengths[chosen] / rows.whole);
    const self =
      own[chosen] === lengths[chosen]
        ? "all of it its own"
        : `${inTime(own[chosen])} of it its own`;
    const around = parent < 0 ? "" : ` Inside of ${spans[parent].name}.`;
    return (
      `${name}: ${inTime(lengths[chosen])}, ${whole} of the step, ${self}; ` +
      `begins at ${inTime(start)}.${around}`
    );
  };
  const lit = (/** @type {number} */ place) => matches(spans[place].name, look.text.toLowerCase());
  const paint = () => {
    readout.textContent = words();
    rows.show({ range: look.range, chosen, lit });
  };
  const update = latest(
    ask,
    (/** @type {Answer} */ { rows: names, names: many, found: hits }, { range, order, text }) => {
      fail();
      const long = range[1] - range[0];
      const first = `The first ${names.length} of ${many} names`;
      caption.textContent = `${first} in ${inTime(long)}, by ${order} time`;
      table.replaceChildren(
        ...names.map(([name, calls, total, self]) =>
          h(
            "tr",
            {},
            h(
              "th",
              { scope: "row" },
              h(
                "button",
                { type: "button", class: "live-name", onclick: () => search(name) },
                name,
              ),
            ),
            h("td", {}, calls),
            h("td", {}, percent(total / long)),
            h("td", {}, percent(self / long)),
          ),
        ),
      );
      count.textContent = text
        ? `${hits.calls} of ${spans.length.toLocaleString("en")} spans have it in their name: ` +
          `${percent(hits.total / rows.whole)} of the step lies in them, ` +
          `${percent(hits.own / rows.whole)} is self time.`
        : "";
      for (const one of [before, next]) one.disabled = !hits.calls;
      if (text) say(count.textContent ?? "");
    },
    fail,
  );
  const refresh = () => update({ ...look });
  /** @param {Range} range */
  const move = (range) => {
    look.range = range;
    paint();
    refresh();
  };
  /** @param {number} place */
  const choose = (place) => {
    if (place < 0) return;
    chosen = place;
    const { start, end } = spans[place];
    const [first, last] = look.range;
    if (end <= first || start >= last)
      move(rangeAround((start + end) / 2, last - first, rows.whole));
    else paint();
    say(words());
  };
  /** @param {number} place */
  const zoom = (place) => {
    if (place < 0) return;
    const { start, end, parent } = spans[place];
    choose(place);
    move(rangeAround((start + end) / 2, (parent < 0 ? 1 : 1.1) * (end - start), rows.whole));
  };
  const rows = traceRows({ spans, choose, move, zoom });
  /** @param {string} text */
  const search = (text) => {
    line.input.value = text;
    look.text = text.trim();
    paint();
    refresh();
  };
  /** To the match before or after the chosen span, round the ends. @param {1 | -1} step */
  const go = (step) => {
    for (let i = 1; i <= spans.length; i += 1) {
      const place = (chosen + step * i + spans.length * i) % spans.length;
      if (lit(place)) return choose(place);
    }
    return undefined;
  };
  const line = field({ label: "Search a name", value: "", change: search });
  const before = button("Match before", () => go(-1));
  const next = button("Next match", () => go(1));
  body.append(
    h(
      "div",
      { class: "live-row", role: "group", "aria-label": "Zoom" },
      button("Zoom in", () => rows.zoomBy(2)),
      button("Zoom out", () => rows.zoomBy(0.5)),
      button("Show the chosen span", () => zoom(chosen)),
      button("Whole step", () => zoom(0)),
    ),
    rows.node,
    readout,
    h(
      "div",
      { class: "live-trace-kinds" },
      KINDS.map(([kind], i) =>
        h("span", {}, h("span", { class: `live-trace-swatch live-trace-${i}` }), kind),
      ),
    ),
    h("div", { class: "live-row" }, line.node, before, next),
    count,
    choice({
      label: "Order:",
      value: look.order,
      choices: [
        ["self", "self time"],
        ["total", "total time"],
      ],
      change: (order) => {
        look.order = /** @type {Order} */ (order);
        refresh();
      },
    }),
    h(
      "table",
      { class: "live-bytes live-trace-names" },
      caption,
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["name", "calls", "total", "self"].map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      table,
    ),
    h(
      "p",
      { class: "live-note" },
      "Drag to move in time; two fingers, or Ctrl and the wheel, zoom; a double click shows a " +
        `span in full. ${options.about}`,
    ),
  );
  zoom(0);
}

export default live({ draw, answer });
