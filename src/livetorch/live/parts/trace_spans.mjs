// The spans of a trace: unpacked, cut to a window of time, and summed up by their names.

/**
 * One call; `parent` is the place of the span it lies in, -1 for none.
 * @typedef {{ name: string, start: number, end: number, depth: number, parent: number }} Span
 */
/** @typedef {"self" | "total"} Order */
/** @typedef {[name: string, calls: number, total: number, own: number]} NameTimes */

/**
 * From four numbers each: of its name, its depth, the ticks after the start before, its length.
 * @param {string[]} names
 * @param {number[]} flat
 */
export function unpacked(names, flat) {
  /** @type {Span[]} */
  const spans = [];
  /** @type {number[]} */
  const around = [];
  let start = 0;
  for (let at = 0; at < flat.length; at += 4) {
    const [number, depth, after, length] = flat.slice(at, at + 4);
    start += after;
    around.length = depth;
    const name = names[number];
    spans.push({ name, start, end: start + length, depth, parent: around[depth - 1] ?? -1 });
    around.push(spans.length - 1);
  }
  return spans;
}

/**
 * The time of each span that lies in the window, and that without the spans inside it.
 * @param {Span[]} spans
 * @param {number} first
 * @param {number} last
 */
export function lengthsIn(spans, first, last) {
  const lengths = spans.map(({ start, end }) =>
    Math.max(0, Math.min(end, last) - Math.max(start, first)),
  );
  const own = [...lengths];
  for (const [place, { parent }] of spans.entries()) if (parent >= 0) own[parent] -= lengths[place];
  return { lengths, own };
}

/**
 * The names with time in the window, those with the most first; among equals that of the earlier
 * first call. A call inside one of the same name adds nothing to the total.
 * @param {Span[]} spans
 * @param {number} first
 * @param {number} last
 * @param {Order} order
 */
export function timesByName(spans, first, last, order) {
  const { lengths, own } = lengthsIn(spans, first, last);
  /** @type {Map<string, NameTimes>} */
  const names = new Map();
  for (const [place, { name, parent }] of spans.entries()) {
    if (!lengths[place]) continue;
    const row = names.get(name) ?? [name, 0, 0, 0];
    names.set(name, row);
    let around = parent;
    while (around >= 0 && spans[around].name !== name) around = spans[around].parent;
    row[1] += 1;
    row[2] += around < 0 ? lengths[place] : 0;
    row[3] += own[place];
  }
  const by = order === "self" ? 3 : 2;
  return [...names.values()].sort((a, b) => b[by] - a[by]);
}

/**
 * Whether a name has the text in it, whatever the case of its letters.
 * @param {string} name
 * @param {string} text
 */
export const matches = (name, text) => text !== "" && name.toLowerCase().includes(text);

/** @typedef {{ calls: number, total: number, own: number }} Found */

/**
 * The spans with the text in their name: how many, the time in one of them, and their own time.
 * @param {Span[]} spans
 * @param {string} text
 */
export function found(spans, text) {
  const low = text.toLowerCase();
  const { lengths, own } = lengthsIn(spans, 0, Number.MAX_SAFE_INTEGER);
  /** @type {Found} */
  const counts = { calls: 0, total: 0, own: 0 };
  /** Whether a span or one around it matches. @type {boolean[]} */
  const inside = [];
  for (const [place, { name, parent }] of spans.entries()) {
    const match = matches(name, low);
    inside.push(match || inside[parent] === true);
    if (!match) continue;
    counts.calls += 1;
    counts.total += inside[parent] ? 0 : lengths[place];
    counts.own += own[place];
  }
  return counts;
}

/** Kinds of spans, each with its number of a color, and how their names are told apart. */
export const KINDS = /** @type {const} */ ([
  ["parts of the loop and modules", /^(?!Optimizer\.)[^:]*$/],
  ["matrix products", /^aten::(mm|bmm|addmm|baddbmm)$/],
  ["attention", /scaled_dot_product/],
  ["the way back through the graph", /^autograd::|Backward\d*$|AccumulateGrad/],
  ["all other operations", /./],
]);

/** @param {string} name */
export function kindOf(name) {
  if (/Backward\d*$/.test(name)) return 3;
  return KINDS.findIndex(([, pattern]) => pattern.test(name));
}

/**
 * A time in words, from ticks of a tenth of a microsecond.
 * @param {number} ticks
 */
export function inTime(ticks) {
  const [value, unit] = ticks >= 10_000 ? [ticks / 10_000, "ms"] : [ticks / 10, "µs"];
  const digits = value >= 100 ? 0 : value >= 10 || unit === "µs" ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}
