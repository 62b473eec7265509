// A quiz: the still version, where each choice opens to its explanation, made into forms. What is
// asked, what is right and why is read from that version's HTML (questions.py), in a page and in a
// notebook, so nothing of it stands here. `answer` is the judge, without a document around it.
import { button, field, h, live, unique } from "../frame/frame.mjs";
import { forget, PROGRESS_CHANGED, progress, remember } from "./progress.mjs";

const FORMS = "Write a number, such as 12, -0.5, 1e-3 or 3/4.";
const COMMA = "Write it without a comma between the digits: 1000, or 1.5 with a point.";

/** What a reader writes as a number: 1e-3, 0,5, -3/4, 25 %; { told } where it cannot be read. */
export function readNumber(text) {
  const plain = text
    .trim()
    .replace(/[−–]/g, "-")
    .replace(/(\d)_(?=\d)/g, "$1");
  if (/^[+-]?[1-9]\d{0,2}(,\d{3})+$/.test(plain)) return { told: COMMA }; // a thousand, or one?
  const one = String.raw`([+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:e[+-]?\d+)?)`;
  const found = new RegExp(`^${one}(?:\\s*/\\s*${one})?\\s*(%?)$`, "i").exec(plain);
  if (!found) return { told: FORMS };
  const [above, below] = [found[1], found[2] ?? "1"].map((part) => Number(part.replace(",", ".")));
  const number = above / below / (found[3] ? 100 : 1);
  return Number.isFinite(number) ? { number } : { told: FORMS };
}

// What a reader types is not always the same double: 0.255 - 0.25 is a little more than 0.005.
const near = (number, other, tolerance) =>
  Math.abs(number - other) <= tolerance + 1e-9 * Math.abs(other);

/**
 * The verdict on an answer: right, wrong or partly (some of several), or what to do first (told).
 * { text, number, tolerance, hints } or { picked, right }, a truth for each choice.
 */
export function answer({ text, number, tolerance, hints, picked, right, several }) {
  if (text !== undefined) {
    const read = readNumber(text);
    if (read.told) return read;
    if (near(read.number, number, tolerance)) return { verdict: "right" };
    return {
      verdict: "wrong",
      hint: hints.findIndex((wrong) => near(read.number, wrong, tolerance)),
    };
  }
  if (!picked.includes(true))
    return { told: several ? "Choose at least one answer first." : "Choose an answer first." };
  const wrong = picked.filter((on, i) => on && !right[i]).length;
  const missing = picked.filter((on, i) => !on && right[i]).length;
  if (!wrong && !missing) return { verdict: "right" };
  return several ? { verdict: "partly", wrong, missing } : { verdict: "wrong" };
}

/** What is amiss with several picks, without saying which are missing: that is left to find out. */
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

/** Copies, without what may stand in a page but once: ids, and the buttons beside code. */
function copied(nodes) {
  return [...nodes].map((node) => {
    const made = node.cloneNode(true);
    if (made.nodeType === Node.ELEMENT_NODE) {
      for (const part of [made, ...made.querySelectorAll("[id]")]) part.removeAttribute("id");
      made.querySelectorAll("button").forEach((part) => part.remove());
    }
    return made;
  });
}

/** What a choice says, for a label, which may hold neither paragraphs nor blocks. */
const phrase = (summary) =>
  [...summary.children].map((part) =>
    part.matches("pre") || part.querySelector("pre")
      ? h("code", { class: "quiz-printed" }, part.textContent.trimEnd())
      : h("span", { class: "quiz-words" }, copied(part.childNodes)),
  );

/** What a screen reader should say of an element: a formula once, and no marks for the eye. */
function spoken(node) {
  const made = node.cloneNode(true);
  made.querySelectorAll('[aria-hidden="true"], annotation').forEach((part) => part.remove());
  return made.textContent.replace(/\s+/g, " ").trim();
}

function headline(mark, word, text) {
  return h(
    "p",
    {},
    h("span", { "aria-hidden": "true" }, `${mark} `),
    h("strong", {}, word),
    text ? ` ${text}` : "",
  );
}

function questionForm(still, learned, say) {
  const { id, kind } = still.dataset;
  const several = kind === "multiple";
  const answers = [...still.querySelectorAll("details")];
  const right = answers.map((one) => one.classList.contains("lt-right"));
  const why = (one) => copied(one.querySelector(":scope > .lt-why").childNodes);
  const hints = [...still.querySelectorAll(".lt-hint")];

  const asked = h(
    "div",
    { class: "quiz-asked" },
    copied(still.querySelector(".lt-asked").childNodes),
  );
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

  let inputs, controls;
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
      h(
        "label",
        { class: "quiz-choice" },
        inputs[i],
        h("span", {}, phrase(one.querySelector("summary"))),
      ),
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

  const explained = (shown, words) =>
    h(
      "ul",
      { class: "quiz-all" },
      answers.flatMap((one, i) =>
        shown(i)
          ? [
              h(
                "li",
                {},
                h("p", {}, h("strong", {}, `${words(i)} `), phrase(one.querySelector("summary"))),
                why(one),
              ),
            ]
          : [],
      ),
    );
  const plain = (i) => (right[i] ? "Right:" : "Wrong:");

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
              h("strong", {}, answers[0].querySelector(".lt-verdict").textContent),
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
    verdict.replaceChildren(verdict.firstChild, ...all);
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
    again.hidden = reveal.hidden = true;
  }

  function judge() {
    const mine = inputs.map((input) => input.checked);
    const { answer: number, tolerance } = answers[0].dataset;
    const found = answer(
      kind === "numeric"
        ? {
            text: inputs[0].value,
            number: Number(number),
            tolerance: Number(tolerance),
            hints: hints.map((hint) => Number(hint.dataset.number)),
          }
        : { picked: mine, right, several },
    );
    if (found.told) {
      verdict.replaceChildren(h("p", {}, found.told));
      inputs[0].focus();
      if (kind === "numeric") inputs[0].setAttribute("aria-invalid", "true");
      return say(found.told);
    }
    const good = found.verdict === "right";
    const told = [
      good
        ? headline("✓", "Right.")
        : several
          ? headline("✗", "Not yet.", amiss(found, mine.filter(Boolean).length))
          : headline("✗", "Wrong."),
    ];
    if (several) told.push(explained((i) => mine[i], plain));
    else if (kind !== "numeric") told.push(...why(answers[mine.indexOf(true)]));
    else if (good) told.push(...why(answers[0]));
    else if (found.hint < 0)
      told.push(
        h(
          "p",
          {},
          "None of the likely slips leads to this number. Try once more, or look at the answer.",
        ),
      );
    else told.push(...copied(hints[found.hint].querySelectorAll(":scope > :not(.lt-got)")));
    verdict.replaceChildren(...told);
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
      onsubmit: (event) => {
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

function draw({ body, options, say, page }) {
  if (options.lost) return body.append(h("p", {}, options.lost));
  const { quiz, html } = options;
  const still = page
    ? body.closest(".live").querySelector(".live-still")
    : new DOMParser().parseFromString(html, "text/html").body;
  const score = h("p", { class: "quiz-score" });
  const learned = (id) => {
    if (!remember(quiz, id))
      kept.textContent =
        "This browser lets the page keep nothing, so this is forgotten when you leave it.";
    return score.textContent;
  };
  const forms = [...still.querySelectorAll(".lt-question")].map((one) =>
    questionForm(one, learned, say),
  );
  if (!forms.length) throw new Error("there are no questions");
  const kept = h(
    "p",
    {},
    "This is kept in this browser only.",
    page ? " The list of chapters shows it too." : "",
  );
  const clear = button("Forget my progress", () => {
    forget();
    say("Forgotten, for all chapters.");
  });
  const refresh = (now) => {
    const mine = now[quiz] ?? [];
    for (const { id, done } of forms) done.hidden = !mine.includes(id);
    const count = forms.filter(({ id }) => mine.includes(id)).length;
    score.textContent =
      count === forms.length
        ? `All ${count} questions answered right.`
        : `${count} of ${forms.length} questions answered right.`;
  };
  const changed = ({ detail }) => refresh(detail);
  const elsewhere = () => refresh(progress());
  addEventListener(PROGRESS_CHANGED, changed);
  addEventListener("storage", elsewhere);
  body.append(
    ...forms.map(({ node }) => node),
    h("div", { class: "quiz-foot" }, score, kept, clear),
  );
  refresh(progress());
  for (const code of body.querySelectorAll("pre"))
    if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
  return () => {
    removeEventListener(PROGRESS_CHANGED, changed);
    removeEventListener("storage", elsewhere);
  };
}

export default live({ draw, answer });
