// A quiz: the still version, where each choice opens to its explanation, made into forms. What is
// asked, what is right and why is read from that version's HTML (questions.py), in a page and in a
// notebook, so nothing of it stands here.
import { button } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { live } from "../frame/frame.mjs";
import { forget, PROGRESS_CHANGED, progress, remember } from "./progress.mjs";
import { questionForm } from "./question_form.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Right } from "./progress.mjs" */
/**
 * The quiz by name and its still version, which a page has already; or why there is none.
 * @typedef {{ lost?: string, quiz: string, html: string }} Options
 */

/** @param {Stage<Options>} stage */
function draw({ body, options, say, page }) {
  if (options.lost) return body.append(h("p", {}, options.lost));
  const { quiz, html } = options;
  const still = page
    ? body.closest(".live")?.querySelector(".live-still")
    : new DOMParser().parseFromString(html, "text/html").body;
  const score = h("p", { class: "quiz-score" });
  const learned = (/** @type {string} */ id) => {
    if (!remember(quiz, id))
      kept.textContent =
        "This browser lets the page keep nothing, so this is forgotten when you leave it.";
    return score.textContent ?? "";
  };
  /** @type {NodeListOf<HTMLElement> | undefined} */
  const questions = still?.querySelectorAll(".lt-question");
  const forms = [...(questions ?? [])].map((one) => questionForm(one, learned, say));
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
  const refresh = (/** @type {Right} */ now) => {
    const mine = now[quiz] ?? [];
    for (const { id, done } of forms) done.hidden = !mine.includes(id);
    const count = forms.filter(({ id }) => mine.includes(id)).length;
    score.textContent =
      count === forms.length
        ? `All ${count} questions answered right.`
        : `${count} of ${forms.length} questions answered right.`;
  };
  const changed = (/** @type {Event} */ event) => {
    refresh(/** @type {CustomEvent<Right>} */ (event).detail);
  };
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

export default live({ draw });
