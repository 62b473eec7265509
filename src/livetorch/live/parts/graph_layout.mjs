// Where the boxes of a graph without circles lie: in layers, with few crossings.
import { lastOf, sumOf } from "./lists.mjs";

/** @typedef {number[][]} Inputs for each box the boxes that it reads, in order */
/**
 * A place in a layer: a box, or where a long edge passes. `order` counts in its layer, `side` is
 * its middle across the flow, `wish` where its neighbors would have it.
 * @typedef {object} Slot
 * @property {number} [box]
 * @property {number} at its layer
 * @property {Slot[]} up
 * @property {Slot[]} down
 * @property {number} order
 * @property {number} wish
 * @property {number} side
 */
/** @typedef {{ box: number, place: number, route: Slot[] }} Route an edge into a place of a box */

const SIDE_GAP = 8;
const BEND = 8;

/**
 * The layers of the boxes: each after all its inputs, a leaf just before the first that reads it.
 * @param {Inputs} inputs
 */
export function layersOf(inputs) {
  /** @type {number[]} */
  const layer = [];
  /** @type {(box: number) => number} */
  const depth = (box) => {
    layer[box] ??= inputs[box].length ? 1 + Math.max(...inputs[box].map(depth)) : 0;
    return layer[box];
  };
  for (const box of inputs.keys()) depth(box);
  inputs.forEach((own, box) => {
    const readers = inputs.flatMap((of, reader) => (of.includes(box) ? [layer[reader]] : []));
    if (!own.length && readers.length) layer[box] = Math.min(...readers) - 1;
  });
  return layer;
}

/**
 * @param {number} at
 * @param {number} [box]
 * @returns {Slot}
 */
const slotAt = (at, box) => ({ box, at, up: [], down: [], order: 0, wish: 0, side: 0 });

/**
 * @param {number} own what stands for the mean of none
 * @param {number[]} numbers
 */
const meanOr = (own, numbers) => (numbers.length ? sumOf(numbers) / numbers.length : own);

/**
 * Boxes and the bends of long edges in rows, ordered so that few edges cross.
 * @param {Inputs} inputs
 */
export function rowsOf(inputs) {
  const layer = layersOf(inputs);
  /** @type {Slot[][]} */
  const rows = Array.from({ length: Math.max(...layer) + 1 }, () => []);
  const slots = layer.map((at, box) => slotAt(at, box));
  for (const slot of slots) rows[slot.at].push(slot);
  /** @type {Route[]} */
  const routes = [];
  for (const [box, sources] of inputs.entries()) {
    for (const [place, source] of sources.entries()) {
      const route = [slots[source]];
      for (let at = layer[source] + 1; at < layer[box]; at++) {
        const bend = slotAt(at);
        rows[at].push(bend);
        route.push(bend);
      }
      route.push(slots[box]);
      route.slice(1).forEach((slot, i) => {
        slot.up.push(route[i]);
        route[i].down.push(slot);
      });
      routes.push({ box, place, route });
    }
  }
  const number = (/** @type {Slot[]} */ row) => {
    for (const [i, slot] of row.entries()) slot.order = i - row.length / 2;
  };
  rows.forEach(number);
  for (let sweep = 0; sweep < 6; sweep++) {
    const side = sweep % 2 ? "down" : "up";
    for (const row of sweep % 2 ? [...rows].reverse() : rows) {
      for (const slot of row) {
        slot.wish = meanOr(
          slot.order,
          slot[side].map(({ order }) => order),
        );
      }
      row.sort((a, b) => a.wish - b.wish || a.order - b.order);
      number(row);
    }
  }
  return { rows, routes };
}

/**
 * Give each slot its place to the side: near its neighbors, none over another, within `room`. How
 * much of it they take is returned.
 * @param {Slot[][]} rows
 * @param {number} breadth
 * @param {number} room
 */
export function placeSide(rows, breadth, room) {
  const size = (/** @type {Slot} */ slot) => (slot.box === undefined ? BEND : breadth);
  /** @type {(a: Slot, b: Slot) => number} */
  const apart = (a, b) => (size(a) + size(b)) / 2 + SIDE_GAP;
  const packed = (/** @type {Slot[]} */ row) => {
    for (const [i, slot] of row.entries()) {
      slot.side = i ? row[i - 1].side + apart(row[i - 1], slot) : 0;
    }
    const middle = (row[0].side + lastOf(row).side) / 2;
    for (const slot of row) slot.side -= middle;
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
      const wish = row.map(({ up, down, side: own }) =>
        meanOr(
          own,
          [...up, ...down].map(({ side }) => side),
        ),
      );
      const [right, left] = [[...wish], [...wish]];
      for (let i = 1; i < row.length; i++)
        right[i] = Math.max(wish[i], right[i - 1] + apart(row[i - 1], row[i]));
      for (let i = row.length - 2; i >= 0; i--)
        left[i] = Math.min(wish[i], left[i + 1] - apart(row[i], row[i + 1]));
      for (const [i, slot] of row.entries()) slot.side = (right[i] + left[i]) / 2;
    }
  }
  let [low, high] = ends();
  if (high - low > room) {
    rows.forEach(packed);
    [low, high] = ends();
  }
  for (const slot of rows.flat()) slot.side -= low;
  return high - low;
}
