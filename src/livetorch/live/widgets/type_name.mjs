// Type a name, and see after each letter which language the model believes it comes from.
import { button, field, slider } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { bars, percent, softmax } from "../parts/bars.mjs";

/** What the exported model says, run by onnxruntime in a worker; in the words of type_name.py. */
export async function answer({ name }, { ids, unknown, longest, languages }, page) {
  const letters = [...name.normalize("NFC")];
  // Names begin with a capital in the data; who types is often spared the Shift key.
  const capital = letters[0]?.toUpperCase();
  if (capital in ids) letters[0] = capital;
  if (letters.length > longest) throw new Error(`Only names of up to ${longest} letters, please.`);
  const strange = [...new Set(letters)].filter((letter) => !(letter in ids));
  if (strange.length && unknown === null)
    throw new Error(`The model has no number for ${strange[0]}: leave it out.`);
  if (!letters.length) return { letters, strange, beliefs: [] };
  // The file takes one length alone. What stands behind the name changes nothing before it.
  const tokens = new BigInt64Array(longest);
  letters.forEach((letter, i) => (tokens[i] = BigInt(ids[letter] ?? unknown)));
  const { run } = await import(new URL(`runtime.mjs?v=${page.version}`, page.base));
  const { logits } = await run(page, "surnames", { tokens: { data: tokens, dims: [1, longest] } });
  const count = languages.length;
  const beliefs = letters.map((_, i) => softmax(logits.data.slice(i * count, (i + 1) * count)));
  return { letters, strange, beliefs };
}

const likeliest = (belief) => [...belief.keys()].sort((a, b) => belief[b] - belief[a]);

/** The belief after the first letters, in words. */
export function believed({ letters, beliefs }, after, languages) {
  const belief = beliefs[after - 1];
  // Three at most, and those after the first only where they count for a hundredth.
  const leading = likeliest(belief)
    .slice(0, 3)
    .filter((i, rank) => !rank || belief[i] >= 0.005)
    .map((i) => `${languages[i]} ${percent(belief[i])}`);
  return `After “${letters.slice(0, after).join("")}”: ${leading.join(", ")}.`;
}

/** A column for each letter, a row for each language; pick(letter) when one is pointed at. */
function letterMap(languages, pick) {
  const left = 84,
    top = 24,
    row = 19,
    width = 360;
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
  const at = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(
      node.getScreenCTM().inverse(),
    );
    const letter = Math.floor((point.x - left) / wide) + 1;
    if (letter >= 1 && letter <= count) pick(letter);
  };
  node.addEventListener("click", at);
  node.addEventListener("pointermove", (event) => event.pointerType === "mouse" && at(event));
  const show = ({ letters, beliefs }, after) => {
    count = letters.length;
    wide = Math.min(26, (width - left - 2) / Math.max(1, count));
    node.setAttribute(
      "aria-label",
      count
        ? `Belief in each language after each letter of ${letters.join("")}. ` +
            `The likeliest after each: ${beliefs.map((belief) => languages[likeliest(belief)[0]]).join(", ")}.`
        : "No letter yet.",
    );
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

async function draw({ body, options, ask, say, fail }) {
  const { languages, examples } = options;
  let said;
  const words = h("p", { class: "live-readout" });
  const note = h("p", {});
  const chart = bars({ caption: "Probability of each language", labels: languages });
  const map = letterMap(languages, (letter) => letter !== after.value && look(letter));
  const after = slider({
    label: "After letter",
    min: 1,
    max: 1,
    step: 1,
    value: 1,
    format: (letter) => (said?.letters.length ? `${letter} of ${said.letters.length}` : "none"),
    change: (letter) => look(letter),
  });
  const bar = after.node.querySelector("input");
  const look = (letter) => {
    after.value = letter;
    map.show(said, letter);
    chart.show(letter ? said.beliefs[letter - 1] : languages.map(() => 0));
    words.textContent = letter ? believed(said, letter, languages) : "Type a name.";
    say(`${words.textContent} ${note.textContent}`);
  };
  const show = (answer) => {
    fail();
    said = answer;
    bar.disabled = !said.letters.length;
    bar.max = Math.max(1, said.letters.length);
    note.textContent = said.strange.length
      ? `It never saw ${said.strange.map((c) => `“${c}”`).join(" or ")}, and reads an unknown letter there.`
      : "";
    look(said.letters.length);
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
