// A few lines to write in, with their label.
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
