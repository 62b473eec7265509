// Type a name, and see after each letter which language the model believes it comes from.
import { button, field, slider } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { runOnPage } from "../onnx/running.mjs";
import { bars, percent, softmax } from "../parts/bars.mjs";

/** @import { Page, Stage } from "../frame/frame.mjs" */
/**
 * The number of each letter, and of one that the model does not know, where it has one.
 * @typedef {{ ids: Record<string, number>, unknown: number | null, longest: number,
 *   languages: string[], examples: string[] }} Options
 */
/** @typedef {{ name: string }} Question */
/** @typedef {{ letters: string[], strange: string[], beliefs: number[][] }} Answer by letter */

/**
 * What the exported model says, run by onnxruntime in a worker; in the words of type_name.py.
 * @param {Question} question
 * @param {Options} options
 * @param {Page} page
 * @returns {Promise<Answer>}
 */
export async function answer({ name }, { ids, unknown, longest, languages }, page) {
  const letters = [...name.normalize("NFC")];
  // Names begin with a capital in the data; who types is often spared the Shift key.
  const capital = (letters[0] ?? "").toUpperCase();
  if (capital in ids) letters[0] = capital;
  if (letters.length > longest) throw new Error(`Only names of up to ${longest} letters, please.`);
  const strange = [...new Set(letters)].filter((letter) => !(letter in ids));
  if (strange.length && unknown === null)
    throw new Error(`The model has no number for ${strange[0]}: leave it out.`);
  if (!letters.length) return { letters, strange, beliefs: [] };
  // The file takes one length alone. What stands behind the name changes nothing before it.
  const tokens = new BigInt64Array(longest);
  for (const [i, letter] of letters.entries()) tokens[i] = BigInt(ids[letter] ?? unknown);
  const inputs = { tokens: { data: tokens, dims: [1, longest] } };
  const { logits } = await runOnPage(page, "surnames", inputs);
  const count = languages.length;
  const beliefs = letters.map((_, i) => softmax(logits.data.slice(i * count, (i + 1) * count)));
  return { letters, strange, beliefs };
}

/**
 * Indices, the likeliest first.
 * @param {number[]} belief
 */
const likeliest = (belief) => [...belief.keys()].sort((a, b) => belief[b] - belief[a]);

/**
 * The belief after the first letters, in words.
 * @param {Answer} answer
 * @param {number} after how many
 * @param {string[]} languages
 */
export function believed({ letters, beliefs }, after, languages) {
  const belief = beliefs[after - 1];
  // Three at most, and those after the first only where they count for a hundredth.
  const leading = likeliest(belief)
    .slice(0, 3)
    .filter((i, rank) => !rank || belief[i] >= 0.005)
    .map((i) => `${languages[i]} ${percent(belief[i])}`);
  return `After “${letters.slice(0, after).join("")}”: ${leading.join(", ")}.`;
}

/**
 * A column for each letter, a row for each language; pick(letter) when one is pointed at.
 * @param {string[]} languages
 * @param {(letter: number) => void} pick
 */
function letterMap(languages, pick) {
  const [left, top, row, width] = [84, 24, 19, 360];
  const marks = s("g");
  const node = s(
    "svg",
    {
      class: "live-plot",
      viewBox: `0 0 ${width} ${top + row * languages.length + 2}`,
      role: "img",
    },
    languages.map((language, i) =>
      s(
        "text",
        { x: left - 8, y: top + row * i + 14, "text-anchor": "end", "aria-hidden": "true" },
        language,
      ),
    ),
    marks,
  );
  let wide = 0;
  let count = 0;
  const at = (/** @type {MouseEvent} */ event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(
      node.getScreenCTM()?.inverse(),
    );
    const letter = Math.floor((point.x - left) / wide) + 1;
    if (letter >= 1 && letter <= count) pick(letter);
  };
  node.addEventListener("click", at);
  node.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse") at(event);
  });
  /** @type {(answer: Answer, after: number) => void} */
  const show = ({ letters, beliefs }, after) => {
    count = letters.length;
    wide = Math.min(26, (width - left - 2) / Math.max(1, count));
    const first = beliefs.map((belief) => languages[likeliest(belief)[0]]).join(", ");
    const label =
      `Belief in each language after each letter of ${letters.join("")}. ` +
      `The likeliest after each: ${first}.`;
    node.setAttribute("aria-label", count ? label : "No letter yet.");
    marks.replaceChildren(
      ...beliefs.flatMap((belief, column) => {
        const x = left + column * wide;
        const first = likeliest(belief)[0];
        const letter = s(
          "text",
          {
            x: x + wide / 2,
            y: 15,
            "text-anchor": "middle",
            class: "live-code",
            "aria-hidden": "true",
          },
          letters[column],
        );
        const cells = belief.map((value, i) =>
          s("rect", {
            x: x + 0.5,
            y: top + row * i + 0.5,
            width: wide - 1,
            height: row - 1,
            class: "live-shade",
            "fill-opacity": value.toFixed(3),
          }),
        );
        const best = s("circle", {
          cx: x + wide / 2,
          cy: top + row * (first + 0.5),
          r: Math.min(3.5, wide / 3),
          class: "live-likeliest",
        });
        return [letter, ...cells, best];
      }),
    );
    if (after)
      marks.append(
        s("rect", {
          x: left + (after - 1) * wide,
          y: 1,
          width: wide,
          height: top + row * languages.length,
          class: "live-column",
        }),
      );
  };
  return { node, show };
}

/** @param {Stage<Options, Question, Answer>} stage */
async function draw({ body, options, ask, say, fail }) {
  const { languages, examples } = options;
  /** @type {Answer | undefined} */
  let known;
  const words = h("p", { class: "live-readout" });
  const note = h("p", {});
  const chart = bars({ caption: "Probability of each language", labels: languages });
  const map = letterMap(languages, (letter) => {
    if (letter !== after.value) look(letter);
  });
  const after = slider({
    label: "After letter",
    min: 1,
    max: 1,
    step: 1,
    value: 1,
    format: (letter) => (known?.letters.length ? `${letter} of ${known.letters.length}` : "none"),
    change: (letter) => look(letter),
  });
  const look = (/** @type {number} */ letter) => {
    if (!known) return;
    after.value = letter;
    map.show(known, letter);
    chart.show(letter ? known.beliefs[letter - 1] : languages.map(() => 0));
    words.textContent = letter ? believed(known, letter, languages) : "Type a name.";
    say(`${words.textContent} ${note.textContent}`);
  };
  const show = (/** @type {Answer} */ answer) => {
    fail();
    known = answer;
    const { letters, strange } = answer;
    after.input.disabled = !letters.length;
    after.input.max = String(Math.max(1, letters.length));
    const unseen = strange.map((letter) => `“${letter}”`).join(" or ");
    note.textContent = unseen ? `It never saw ${unseen}, and reads an unknown letter there.` : "";
    look(letters.length);
  };
  const update = latest(ask, show, fail);
  const name = field({
    label: "Name",
    value: examples[0],
    change: (text) => update({ name: text }),
  });
  const picks = examples.map((example) =>
    button(example, () => {
      name.input.value = example;
      update({ name: example });
    }),
  );
  body.append(
    name.node,
    h("div", { class: "live-row" }, "Or look at: ", picks),
    h(
      "div",
      { class: "live-columns" },
      h("div", {}, map.node, after.node),
      h("div", {}, chart.node),
    ),
    words,
    note,
  );
  // The first answer brings the runtime; a page that cannot have it must say so.
  show(await ask({ name: examples[0] }));
}

export default live({ draw, answer });
