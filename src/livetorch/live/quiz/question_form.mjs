// One question of a quiz as a form: answers, the verdict on them, and the explanations.
import { button, field } from "../frame/controls.mjs";
import { h, unique } from "../frame/elements.mjs";
import { answer } from "./judging.mjs";
import { copied, partOf, phrase, spoken } from "./still.mjs";

/** @import { Amiss } from "./judging.mjs" */

/**
 * What is amiss with several picks, without saying which are missing: that is left to find out.
 * @param {Amiss} amiss
 * @param {number} many how many were picked
 */
function amiss({ wrong, missing }, many) {
  const lost = missing === 1 ? "1 is missing" : `${missing} are missing`;
  if (!wrong)
    return `${many === 1 ? "Your pick is right" : "All your picks are right"}, and ${lost}.`;
  const bad =
    many === 1
      ? "Your pick is wrong"
      : `${wrong} of your ${many} picks ${wrong === 1 ? "is" : "are"} wrong`;
  return missing ? `${bad}, and ${lost}.` : `${bad}.`;
}

/**
 * @param {string} mark
 * @param {string} word
 * @param {string} [text]
 */
function headline(mark, word, text) {
  return h(
    "p",
    {},
    h("span", { "aria-hidden": "true" }, `${mark} `),
    h("strong", {}, word),
    text ? ` ${text}` : "",
  );
}

/**
 * @param {HTMLElement} still the still version of the question
 * @param {(id: string) => string} learned keeps that it was answered right, and says the score
 * @param {(text: string) => void} say
 */
export function questionForm(still, learned, say) {
  const { id = "", kind } = still.dataset;
  const several = kind === "multiple";
  const answers = [...still.querySelectorAll("details")];
  const right = answers.map((one) => one.classList.contains("lt-right"));
  const why = (/** @type {Element} */ one) => copied(partOf(one, ":scope > .lt-why").childNodes);
  const summary = (/** @type {Element} */ one) => phrase(partOf(one, "summary"));
  /** @type {NodeListOf<HTMLElement>} */
  const hints = still.querySelectorAll(".lt-hint");

  const asked = h("div", { class: "quiz-asked" }, copied(partOf(still, ".lt-asked").childNodes));
  const words = [...asked.children].filter((part) => part.matches("p"));
  for (const part of words) part.id = unique("asked");
  const labelled = words.map((part) => part.id).join(" ");
  const done = h(
    "p",
    { class: "quiz-done" },
    h("span", { "aria-hidden": "true" }, "✓ "),
    "Answered right",
  );
  const verdict = h("div", { class: "quiz-verdict", tabindex: -1 });

  /** @type {HTMLInputElement[]} */
  let inputs;
  /** @type {HTMLElement} */
  let controls;
  if (kind === "numeric") {
    verdict.id = unique("verdict");
    const number = field({
      label: "Your number",
      value: "",
      change: () => open(),
      "aria-describedby": verdict.id,
    });
    inputs = [number.input];
    controls = h("div", { role: "group", "aria-labelledby": labelled }, number.node);
  } else {
    const name = unique("answers");
    inputs = answers.map(() =>
      h("input", { type: several ? "checkbox" : "radio", name, onchange: () => open() }),
    );
    const labels = answers.map((one, i) =>
      h("label", { class: "quiz-choice" }, inputs[i], h("span", {}, summary(one))),
    );
    controls = h(
      "div",
      {
        role: several ? "group" : "radiogroup",
        "aria-labelledby": labelled,
        class: "quiz-choices",
      },
      labels,
    );
  }

  /** @type {(shown: (i: number) => boolean, words: (i: number) => string) => HTMLElement} */
  const explained = (shown, words) =>
    h(
      "ul",
      { class: "quiz-all" },
      answers.flatMap((one, i) =>
        shown(i)
          ? [h("li", {}, h("p", {}, h("strong", {}, `${words(i)} `), summary(one)), why(one))]
          : [],
      ),
    );
  const plain = (/** @type {number} */ i) => (right[i] ? "Right:" : "Wrong:");

  const submit = h("button", { type: "submit", class: "live-button" }, "Check");
  const again = button("Try again", () => {
    open();
    const start = inputs.find((input) => input.checked) ?? inputs[0];
    start.focus();
    if (kind === "numeric") start.select();
  });
  const reveal = button("", () => {
    const mine = inputs.map((input) => input.checked);
    const all =
      kind === "numeric"
        ? [
            h(
              "p",
              {},
              "The answer is ",
              h("strong", {}, partOf(answers[0], ".lt-verdict").textContent),
              ".",
            ),
            ...why(answers[0]),
          ]
        : [
            explained(
              () => true,
              (i) =>
                several && right[i] && !mine[i] ? "Right, and missing from your picks:" : plain(i),
            ),
          ];
    verdict.replaceChildren(...[...verdict.childNodes].slice(0, 1), ...all);
    reveal.hidden = true;
    verdict.focus(); // the button under the reader's finger is gone
    say(spoken(verdict));
  });

  /** As before the check: what was said of an answer does not hold for the next one. */
  function open() {
    verdict.replaceChildren();
    verdict.className = "quiz-verdict";
    for (const input of inputs) input.removeAttribute("aria-invalid");
    submit.hidden = false;
    again.hidden = true;
    reveal.hidden = true;
  }

  function judge() {
    const mine = inputs.map((input) => input.checked);
    const { answer: number, tolerance } = answers[0].dataset;
    const judged = answer(
      kind === "numeric"
        ? {
            text: inputs[0].value,
            number: Number(number),
            tolerance: Number(tolerance),
            hints: [...hints].map((hint) => Number(hint.dataset.number)),
          }
        : { picked: mine, right, several },
    );
    if ("told" in judged) {
      verdict.replaceChildren(h("p", {}, judged.told));
      inputs[0].focus();
      if (kind === "numeric") inputs[0].setAttribute("aria-invalid", "true");
      return say(judged.told);
    }
    const hint = judged.verdict === "wrong" ? hints[judged.hint ?? -1] : undefined;
    const good = judged.verdict === "right";
    /** @type {Node[]} */
    const shown = [
      good
        ? headline("✓", "Right.")
        : judged.verdict === "partly"
          ? headline("✗", "Not yet.", amiss(judged, mine.filter(Boolean).length))
          : headline("✗", "Wrong."),
    ];
    if (several) shown.push(explained((i) => mine[i], plain));
    else if (kind !== "numeric") shown.push(...why(answers[mine.indexOf(true)]));
    else if (good) shown.push(...why(answers[0]));
    else if (hint === undefined)
      shown.push(
        h(
          "p",
          {},
          "None of the likely slips leads to this number. Try once more, or look at the answer.",
        ),
      );
    else shown.push(...copied(hint.querySelectorAll(":scope > :not(.lt-got)")));
    verdict.replaceChildren(...shown);
    verdict.classList.add(good ? "quiz-right" : "quiz-wrong");
    submit.hidden = true;
    again.hidden = good;
    reveal.hidden = good && kind === "numeric"; // nothing is left to show
    reveal.textContent = good ? "Explain every answer" : "Show the answer";
    ([again, reveal].find((next) => !next.hidden) ?? verdict).focus();
    return say(`${spoken(verdict)} ${good ? learned(id) : ""}`);
  }

  open();
  const node = h(
    "form",
    {
      class: "quiz-question",
      novalidate: true,
      onsubmit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        judge();
      },
    },
    done,
    asked,
    controls,
    verdict,
    h("div", { class: "live-row" }, submit, again, reveal),
  );
  return { node, id, done };
}
