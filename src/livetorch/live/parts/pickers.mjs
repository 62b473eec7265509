// A list to choose from, and whole numbers to write.
import { h, unique } from "../frame/elements.mjs";

/**
 * @param {{ label: string, names: string[], value: string,
 *   change: (name: string) => unknown }} settings
 */
export function select({ label, names, value, change }) {
  const id = unique("select");
  /** @type {HTMLSelectElement} */
  const input = h(
    "select",
    { id, class: "live-select", onchange: () => change(input.value) },
    names.map((name) => h("option", { value: name }, name)),
  );
  input.value = value;
  return { node: h("div", { class: "live-field" }, h("label", { for: id }, label), input), input };
}

/**
 * Fields for whole numbers, each with its label; NaN is told where something else was written.
 * @template {Record<string, unknown>} Values
 * @param {Record<string, string>} labels of the fields by their names
 * @param {Values} values
 * @param {(name: string, value: number) => unknown} change
 */
export function numbers(labels, values, change) {
  const fields = Object.entries(labels).map(([name, label]) => {
    const id = unique("number");
    const input = h("input", { type: "text", inputmode: "numeric", autocomplete: "off", id });
    input.addEventListener("input", () => {
      const text = input.value.replaceAll(/[\s,_]/g, "");
      const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      input.setAttribute("aria-invalid", String(!(number >= 1)));
      change(name, number);
    });
    return { name, input, node: h("div", {}, h("label", { for: id }, label), input) };
  });
  /** @param {Record<string, unknown>} shown */
  const put = (shown) => {
    for (const { name, input } of fields) {
      input.value = String(shown[name]);
      input.setAttribute("aria-invalid", "false");
    }
  };
  put(values);
  return {
    node: h(
      "div",
      { class: "live-numbers" },
      fields.map(({ node }) => node),
    ),
    put,
  };
}
