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
  let tiles = [];
  let current = 0;
  const node = h("div", { class: "live-tiles", role: "group", "aria-label": label });

  /** @param {number} place */
  const focus = (place) => {
    tiles[current]?.setAttribute("tabindex", "-1");
    current = Math.max(0, Math.min(tiles.length - 1, place));
    tiles[current]?.setAttribute("tabindex", "0");
    tiles[current]?.focus({ preventScroll: true });
  };
  /** @type {(from: number, to: number) => void} */
  const move = (from, to) => {
    if (to < 0 || to >= letters.length || to === from) return;
    render(moved(letters, from, to));
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
  /**
   * @param {string} letter
   * @param {number} place
   */
  const tileOf = (letter, place) => {
    const tile = h(
      "button",
      {
        type: "button",
        class: "live-tile",
        tabindex: place === current ? 0 : -1,
        "aria-label": `${spoken(letter)}, ${place + 1} of ${letters.length}`,
        "aria-roledescription": "character to move",
      },
      shownLetter(letter),
    );
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
  /** @param {string[]} now */
  const render = (now) => {
    letters = now;
    current = Math.min(current, letters.length - 1);
    tiles = letters.map(tileOf);
    node.replaceChildren(...tiles);
  };
  /** @param {string[]} now drawn anew only where they differ, so that a tile keeps its focus */
  const show = (now) => {
    if (now.join("") !== letters.join("")) render(now);
  };
  return { node, show };
}
