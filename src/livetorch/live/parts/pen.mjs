// A hand on a drawing area: a mouse, a finger, or a pen that the arrow keys move.

/** @param {number} value */
const within = (value) => Math.max(0, Math.min(1, value));

/** @typedef {[number, number]} Place [x, y] in 0 .. 1 from the top left */
/** @type {Record<string, Place>} */
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Tells what is drawn on `node`.
 *
 * begin(point) starts a stroke, go(points) continues it. The arrow keys move a pen by `step`, from
 * `start` on; Space puts it down or lifts it. Where taps() is true a press is all there is: the
 * pen is not put down, and a hand that moves on draws nothing. shown(pen, down) draws the pen.
 * @param {GlobalEventHandlers & Element} node
 * @param {{ start: Place, step: number, begin: (place: Place) => void,
 *   go: (places: Place[]) => void, shown: (place: Place, down: boolean) => void,
 *   taps?: () => boolean }} settings
 */
export function pen(node, { start, step, begin, go, shown, taps = () => false }) {
  let place = start;
  let down = false;
  /** @type {(event: PointerEvent) => Place} */
  const at = (event) => {
    const box = node.getBoundingClientRect();
    return [
      within((event.clientX - box.left) / box.width),
      within((event.clientY - box.top) / box.height),
    ];
  };
  node.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    if (!taps()) node.setPointerCapture(event.pointerId);
    begin(at(event));
  });
  node.addEventListener("pointermove", (event) => {
    if (!node.hasPointerCapture(event.pointerId)) return;
    // A quick hand moves several times between two frames; each place counts.
    go([...(event.getCoalescedEvents?.() ?? []), event].map(at));
  });
  node.addEventListener("keydown", (event) => {
    const [dx, dy] = MOVES[event.key] ?? [0, 0];
    if (event.key !== " " && !dx && !dy) return;
    event.preventDefault();
    if (event.key === " ") {
      down = !down && !taps();
      if (down || taps()) begin(place);
    }
    place = [within(place[0] + dx * step), within(place[1] + dy * step)];
    if (down && (dx || dy)) go([place]);
    shown(place, down);
  });
  const lift = () => {
    down = false;
    shown(place, down);
  };
  lift();
  return { lift };
}
