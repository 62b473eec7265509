// Parts of the still version of a quiz (questions.py), for its forms.
import { h } from "../frame/elements.mjs";

/**
 * The element that the still version has for a selector.
 * @param {Element} root
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function partOf(root, selector) {
  const part = root.querySelector(selector);
  if (!part) throw new Error(`the quiz has no ${selector}`);
  return /** @type {HTMLElement} */ (part);
}

/**
 * Copies, without what may stand in a page but once: ids, and the buttons beside code.
 * @param {Iterable<Node>} nodes
 */
export function copied(nodes) {
  return [...nodes].map((node) => {
    const made = node.cloneNode(true);
    if (made instanceof Element) {
      for (const part of [made, ...made.querySelectorAll("[id]")]) part.removeAttribute("id");
      for (const part of made.querySelectorAll("button")) part.remove();
    }
    return made;
  });
}

/** @param {Element} node */
const textOf = (node) => node.textContent ?? "";

/**
 * What a choice says, for a label, which may hold neither paragraphs nor blocks.
 * @param {Element} summary
 */
export const phrase = (summary) =>
  [...summary.children].map((part) =>
    part.matches("pre") || part.querySelector("pre")
      ? h("code", { class: "quiz-printed" }, textOf(part).trimEnd())
      : h("span", { class: "quiz-words" }, copied(part.childNodes)),
  );

/**
 * What a screen reader should say of an element: a formula once, and no marks for the eye.
 * @param {Element} node
 */
export function spoken(node) {
  const made = /** @type {Element} */ (node.cloneNode(true));
  for (const part of made.querySelectorAll('[aria-hidden="true"], annotation')) part.remove();
  return textOf(made).replace(/\s+/g, " ").trim();
}
