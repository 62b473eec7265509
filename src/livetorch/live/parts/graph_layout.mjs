// A graph without circles in layers, drawn as boxes and arrows; from top to bottom on a phone.
import { s } from "../frame/frame.mjs";

const SIDE_GAP = 8,
  BEND = 8,
  LINE = 15;

/** The layers of the boxes: each after all its inputs, a leaf just before the first that reads it. */
export function layersOf(inputs) {
  const layer = [];
  const depth = (box) =>
    (layer[box] ??= inputs[box].length ? 1 + Math.max(...inputs[box].map(depth)) : 0);
  inputs.forEach((_, box) => depth(box));
  inputs.forEach((own, box) => {
    const readers = inputs.flatMap((of, reader) => (of.includes(box) ? [layer[reader]] : []));
    if (!own.length && readers.length) layer[box] = Math.min(...readers) - 1;
  });
  return layer;
}

/** Boxes and the bends of long edges in rows, ordered so that few edges cross. */
function rowsOf(inputs) {
  const layer = layersOf(inputs);
  const rows = Array.from({ length: Math.max(...layer) + 1 }, () => []);
  const slots = layer.map((at, box) => ({ box, at, up: [], down: [] }));
  slots.forEach((slot) => rows[slot.at].push(slot));
  const routes = [];
  inputs.forEach((sources, box) =>
    sources.forEach((source, place) => {
      const route = [slots[source]];
      for (let at = layer[source] + 1; at < layer[box]; at++) {
        const bend = { at, up: [], down: [] };
        rows[at].push(bend);
        route.push(bend);
      }
      route.push(slots[box]);
      route.slice(1).forEach((slot, i) => {
        slot.up.push(route[i]);
        route[i].down.push(slot);
      });
      routes.push({ source, box, place, route });
    }),
  );
  const mean = (near, own) =>
    near.length ? near.reduce((sum, slot) => sum + slot.order, 0) / near.length : own;
  const number = (row) => row.forEach((slot, i) => (slot.order = i - row.length / 2));
  rows.forEach(number);
  for (let sweep = 0; sweep < 6; sweep++) {
    const side = sweep % 2 ? "down" : "up";
    for (const row of sweep % 2 ? [...rows].reverse() : rows) {
      row.forEach((slot) => (slot.wish = mean(slot[side], slot.order)));
      row.sort((a, b) => a.wish - b.wish || a.order - b.order);
      number(row);
    }
  }
  return { rows, routes };
}

/** Give each slot its place to the side: near its neighbors, none over another, within `room`. */
function placeSide(rows, breadth, room) {
  const size = (slot) => (slot.box === undefined ? BEND : breadth);
  const apart = (a, b) => (size(a) + size(b)) / 2 + SIDE_GAP;
  const packed = (row) => {
    row.forEach((slot, i) => (slot.side = i ? row[i - 1].side + apart(row[i - 1], slot) : 0));
    const middle = (row[0].side + row.at(-1).side) / 2;
    row.forEach((slot) => (slot.side -= middle));
  };
  const ends = () => {
    const all = rows.flat();
    return [
      Math.min(...all.map((slot) => slot.side - size(slot) / 2)),
      Math.max(...all.map((slot) => slot.side + size(slot) / 2)),
    ];
  };
  rows.forEach(packed);
  for (let sweep = 0; sweep < 8; sweep++) {
    for (const row of sweep % 2 ? [...rows].reverse() : rows) {
      const wish = row.map(({ up, down, side }) => {
        const near = [...up, ...down];
        return near.length ? near.reduce((sum, slot) => sum + slot.side, 0) / near.length : side;
      });
      const [right, left] = [[...wish], [...wish]];
      for (let i = 1; i < row.length; i++)
        right[i] = Math.max(wish[i], right[i - 1] + apart(row[i - 1], row[i]));
      for (let i = row.length - 2; i >= 0; i--)
        left[i] = Math.min(wish[i], left[i + 1] - apart(row[i], row[i + 1]));
      row.forEach((slot, i) => (slot.side = (right[i] + left[i]) / 2));
    }
  }
  let [low, high] = ends();
  if (high - low > room) {
    rows.forEach(packed);
    [low, high] = ends();
  }
  rows.flat().forEach((slot) => (slot.side -= low));
  return high - low;
}

/** About how wide a text of 12 units is: a drawing can not ask before it is on a page. */
const lettersWide = (text) =>
  [...text].reduce(
    (sum, letter) =>
      sum + (/[ .,()ilfjrt…-]/.test(letter) ? 4.3 : /[mwMW]/.test(letter) ? 10.5 : 7.3),
    0,
  );

const STROKES = { leaf: "var(--lt-blue)", operation: "var(--lt-grey)", output: "var(--lt-orange)" };

/** Draw a graph.
 *
 * boxes    [{ lines, kind, now }]: texts, leaf | operation | output, whether it is the one at work
 * inputs   for each box the boxes it reads, in order
 * room     the width there is; the graph goes from left to right where that fits, else down
 * gap      between the layers; down: from top to bottom in any case
 * lit      (box, place) => "forward" | "backward" | undefined: edges at work
 */
export function drawGraph({
  boxes,
  inputs,
  room,
  label,
  lit = () => undefined,
  down = false,
  gap = 30,
}) {
  const bold = ({ lines }) => lines.length > 1;
  const wide = Math.max(
    44,
    ...boxes.flatMap((box) =>
      box.lines.map((text, i) => lettersWide(text) * (i === 0 && bold(box) ? 1.06 : 1) + 10),
    ),
  );
  const tall = LINE * Math.max(...boxes.map(({ lines }) => lines.length)) + 9;
  const { rows, routes } = rowsOf(inputs);
  const across = rows.length * (wide + gap) - gap + 6;
  const vertical = down || across > room;
  const [thick, breadth] = vertical ? [tall, wide] : [wide, tall];
  const side = placeSide(rows, breadth, vertical ? room - 6 : Infinity);
  const flow = rows.length * (thick + gap) - gap;
  const [width, height] = (vertical ? [side, flow] : [flow, side]).map((size) =>
    Math.ceil(size + 6),
  );
  const at = (along, beside) =>
    (vertical ? [beside + 3, along + 3] : [along + 3, beside + 3]).map((v) => v.toFixed(1));
  const middle = (slot) => slot.at * (thick + gap) + thick / 2;
  const node = s("svg", {
    viewBox: `0 0 ${width} ${height}`,
    style: `width:${width}px;height:auto;display:block;max-width:none`,
    role: "img",
    "aria-label": label,
  });

  for (const { box, place, route } of routes) {
    const [from, to] = [route[0], route.at(-1)];
    const gate = (many, own) => (own - (many - 1) / 2) * Math.min(16, breadth / (many + 1));
    const sorted = [...to.up].sort((a, b) => a.side - b.side);
    const arrival =
      inputs[box].length < 2
        ? 0
        : new Set(to.up).size < to.up.length
          ? place
          : sorted.indexOf(route.at(-2));
    const twice =
      inputs[box].filter((source) => source === route[0].box).length > 1 && route.length === 2;
    const points = route.flatMap((slot, i) => {
      if (i === 0) return [[middle(slot) + thick / 2, slot.side + (twice ? gate(2, place) : 0)]];
      if (i === route.length - 1)
        return [[middle(slot) - thick / 2 - 2, slot.side + gate(to.up.length, arrival)]];
      return [
        [middle(slot) - thick / 2, slot.side],
        [middle(slot) + thick / 2, slot.side],
      ]; // straight past the boxes beside it
    });
    let d = `M${at(...points[0])}`;
    for (let i = 1; i < points.length; i++) {
      const half = (points[i - 1][0] + points[i][0]) / 2;
      d += `C${at(half, points[i - 1][1])} ${at(half, points[i][1])} ${at(...points[i])}`;
    }
    const how = lit(box, place);
    const color =
      how === "backward" ? "var(--lt-orange)" : how ? "var(--lt-blue)" : "var(--lt-grey)";
    const [[tip, beside], back] = how === "backward" ? [points[0], 7] : [points.at(-1), -7];
    const head = [
      [tip, beside],
      [tip + back, beside - 4],
      [tip + back, beside + 4],
    ]
      .map((point) => at(...point).join(" "))
      .join(" ");
    node.append(
      s("path", {
        d,
        fill: "none",
        stroke: color,
        "stroke-width": how ? 2.6 : 1.2,
        "stroke-dasharray": how === "backward" ? "5 3" : "none",
        "data-edge": `${from.box}-${box}`,
      }),
      s("polygon", { points: head, fill: color }),
    );
  }
  for (const slot of rows.flat().filter(({ box }) => box !== undefined)) {
    const { lines, kind, now } = boxes[slot.box];
    const [x, y] = vertical
      ? [slot.side - wide / 2 + 3, middle(slot) - tall / 2 + 3]
      : [middle(slot) - wide / 2 + 3, slot.side - tall / 2 + 3];
    node.append(
      s(
        "g",
        { class: "live-node", "data-box": slot.box },
        s("rect", {
          x,
          y,
          width: wide,
          height: tall,
          rx: kind === "leaf" ? 12 : 2,
          fill: "var(--lt-paper)",
          stroke: now ? "var(--lt-ink)" : STROKES[kind],
          "stroke-width": now ? 3 : kind === "output" ? 2.6 : 1.6,
        }),
        lines.map((text, i) =>
          s(
            "text",
            {
              x: x + wide / 2,
              y: y + 16 + LINE * i,
              "text-anchor": "middle",
              "font-size": 12,
              "font-weight": i === 0 && lines.length > 1 ? 600 : 400,
              fill: "var(--lt-ink)",
            },
            text,
          ),
        ),
      ),
    );
  }
  return node;
}
