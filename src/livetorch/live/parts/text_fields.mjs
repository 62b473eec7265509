// A few lines to write in, with their label; and texts to pick for their beginning.
import { button } from "../frame/controls.mjs";
import { h, unique } from "../frame/elements.mjs";

/**
 * @param {{ label: string, value: string, change: (text: string) => unknown }} settings
 */
export function lines({ label, value, change }) {
  const id = unique("lines");
  const input = h("textarea", {
    id,
    rows: 2,
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
  });
  input.value = value;
  input.addEventListener("input", () => change(input.value));
  return { node: h("div", { class: "live-field" }, h("label", { for: id }, label), input), input };
}

/**
 * Lines for the beginning of a text, the first of `texts` at the start, and a button for each.
 * @param {string[]} texts
 * @param {() => unknown} change
 */
export function prompts(texts, change) {
  const { node, input } = lines({ label: "Prompt", value: texts[0], change });
  const picks = texts.map((one) =>
    button(one.trim(), () => {
      input.value = one;
      change();
    }),
  );
  return { node, input, picks };
}
