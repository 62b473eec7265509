// The characters of a text as tiles in a row, which mouse, finger and keys move.
import { h } from "../frame/elements.mjs";

/** @param {string} letter */
export const shownLetter = (letter) => (letter === " " ? "␣" : letter);
/** @param {string} letter */
const spoken = (letter) => (letter === " " ? "space" : letter);

/**
 * A list with one thing moved to another place.
 * @template Item
 * @param {Item[]} list
 * @param {number} from
 * @param {number} to
 */
export function moved(list, from, to) {
  const rest = list.filter((_, i) => i !== from);
  return [...rest.slice(0, to), list[from], ...rest.slice(to)];
}

/**
 * `change(letters)` is told the new order. Arrow keys go along the tiles, with Shift they move one.
 * @param {{ label: string, change: (letters: string[]) => unknown }} settings
 */
export function letterTiles({ label, change }) {
  /** @type {string[]} */
  let letters = [];
  /** @type {HTMLElement[]} */
  const tiles = [];
  let current = 0;
  const node = h("div", { class: "live-tiles", role: "group", "aria-label": label });

  /** @param {number} place of the one tile that the Tab key comes to */
  const focusable = (place) => {
    tiles[current]?.setAttribute("tabindex", "-1");
    current = Math.max(0, Math.min(tiles.length - 1, place));
    tiles[current]?.setAttribute("tabindex", "0");
  };
  /** @param {number} place */
  const focus = (place) => {
    focusable(place);
    tiles[current]?.focus({ preventScroll: true });
  };
  /** @type {(from: number, to: number) => void} */
  const move = (from, to) => {
    if (to < 0 || to >= letters.length || to === from) return;
    show(moved(letters, from, to));
    focus(to);
    change(letters);
  };
  /** @param {PointerEvent} event the place of the tile that lies nearest */
  const under = ({ clientX, clientY }) => {
    const far = tiles.map((tile) => {
      const { left, right, top, bottom } = tile.getBoundingClientRect();
      return Math.hypot(clientX - (left + right) / 2, 2 * (clientY - (top + bottom) / 2));
    });
    return far.indexOf(Math.min(...far));
  };
  /** @param {number} place */
  const tileAt = (place) => {
    const tile = h("button", {
      type: "button",
      class: "live-tile",
      tabindex: place === current ? 0 : -1,
      "aria-roledescription": "character to move",
    });
    let target = place;
    /** @param {number} to */
    const mark = (to) => {
      for (const [i, other] of tiles.entries()) {
        other.classList.toggle("live-drop-before", i === to && to < place);
        other.classList.toggle("live-drop-behind", i === to && to > place);
      }
      target = to;
    };
    tile.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      focus(place);
      tile.setPointerCapture(event.pointerId);
      tile.classList.add("live-lifted");
    });
    tile.addEventListener("pointermove", (event) => {
      if (tile.hasPointerCapture(event.pointerId)) mark(under(event));
    });
    tile.addEventListener("pointerup", () => move(place, target));
    tile.addEventListener("lostpointercapture", () => {
      mark(place);
      tile.classList.remove("live-lifted");
    });
    tile.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      if (event.shiftKey) move(place, place + step);
      else focus(place + step);
    });
    return tile;
  };
  /** @param {string[]} now tiles stay, since a finger may be on one, and take other letters */
  const show = (now) => {
    letters = now;
    for (const tile of tiles.splice(letters.length)) tile.remove();
    while (tiles.length < letters.length) {
      tiles.push(tileAt(tiles.length));
      node.append(tiles[tiles.length - 1]);
    }
    if (current >= letters.length) focusable(letters.length - 1);
    for (const [i, tile] of tiles.entries()) {
      tile.textContent = shownLetter(letters[i]);
      tile.setAttribute("aria-label", `${spoken(letters[i])}, ${i + 1} of ${letters.length}`);
    }
  };
  return { node, show };
}
