// Elements of HTML and SVG, each made by one call with its attributes, listeners and children.

/**
 * What an element may hold; null and undefined are left out.
 * @typedef {Node | string | number | null | undefined} Child
 */
/** @typedef {(Child | Child[])[]} Children */
/** @typedef {(event: never) => unknown} Listener whatever event it takes */
/**
 * By name: "onclick" is a listener, true has no value, and what is false or null is left out.
 * @typedef {Record<string, string | number | boolean | null | undefined | Listener>} Attributes
 */

/** @param {string} namespace */
const make = (namespace) => {
  /** @type {(tag: string, attributes?: Attributes, ...children: Children) => Element} */
  const element = (tag, attributes = {}, ...children) => {
    const node = document.createElementNS(namespace, tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") {
        node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
      } else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value != null) node.setAttribute(name, String(value));
    }
    const shown = children.flat().filter((child) => child != null);
    node.append(.../** @type {(Node | string)[]} */ (shown)); // a number becomes its text
    return node;
  };
  return element;
};

/**
 * An HTML element: h("button", { class: "x", onclick: act }, "text", child).
 * @type {<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, attributes?: Attributes,
 *   ...children: Children) => HTMLElementTagNameMap[Tag]}
 */
export const h = /** @type {never} */ (make("http://www.w3.org/1999/xhtml"));
/**
 * An SVG element, in the same way.
 * @type {<Tag extends keyof SVGElementTagNameMap>(tag: Tag, attributes?: Attributes,
 *   ...children: Children) => SVGElementTagNameMap[Tag]}
 */
export const s = /** @type {never} */ (make("http://www.w3.org/2000/svg"));

/**
 * A name that no other element has: the count is the page's, since each module holds a copy of
 * this file.
 * @param {string} word
 */
export function unique(word) {
  const page = /** @type {{ liveCount?: number }} */ (globalThis);
  page.liveCount = (page.liveCount ?? 0) + 1;
  return `live-${word}-${page.liveCount}`;
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
