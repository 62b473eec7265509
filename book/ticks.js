// Beside each lesson in the list: how many of its quiz questions this reader has answered right,
// and a tick once it is all; beside a chapter, how many of its quizzes are done. The way is ticked
// too, and the home page says where to go on. The build makes one script of this and what it
// imports, in a block.
import {
  forget,
  lastOpened,
  opened,
  PROGRESS_CHANGED,
  progress,
} from "../src/livetorch/live/quiz/progress.mjs";

/** @import { Right } from "../src/livetorch/live/quiz/progress.mjs" */

/** The ids of the questions, by chapter, which the build knows. */
const QUIZZES = /** @type {Right} */ (/** @type {unknown} */ ("QUIZ_IDS"));

/** The lessons in order: page, title, and whether it is a closer look. */
const LESSONS = /** @type {[string, string, number][]} */ (/** @type {unknown} */ ("LESSONS"));

/** @param {HTMLAnchorElement} link */
const pageOf = (link) =>
  new URL(link.getAttribute("href") ?? "", location.href).pathname.replace(/\.html$/, "");
/** @param {string} page */
const nameOf = (page) => page.slice(page.lastIndexOf("/") + 1);
/**
 * The names of the lessons whose chapter has this page.
 * @param {string} page
 */
const lessonsOf = (page) =>
  LESSONS.map(([lesson]) => lesson)
    .filter((lesson) => page.endsWith(`/${lesson.slice(0, lesson.lastIndexOf("/"))}/index`))
    .map(nameOf);
/** @type {(quiz: string, right: Right) => boolean} */
const isDone = (quiz, right) => {
  const ids = QUIZZES[quiz] ?? [];
  return ids.length > 0 && ids.every((id) => right[quiz]?.includes(id));
};
/** @type {(text: string, name: string, hidden: boolean) => HTMLElement} */
const span = (text, name, hidden) => {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  if (hidden) made.setAttribute("aria-hidden", "true");
  return made;
};

/** @type {(link: HTMLElement, done: number, of: number, words: string[]) => void} */
const addTick = (link, done, of, [before, things, how]) => {
  if (!done) return;
  const tick = span("", "lt-tick", false);
  const score = done === of ? `all ${done} ${things}` : `${done} of ${of} ${things}`;
  tick.append(
    span(done === of ? "✓" : `${done} of ${of}`, "", true),
    span(` (${before}${score} ${how})`, "live-voice", false),
  );
  link.append(tick);
};

/**
 * The lesson that was opened last, or the next on the way once its quiz is done.
 * @param {Right} right
 */
const showWhereToGoOn = (right) => {
  const last = LESSONS.findIndex(([page]) => page === lastOpened());
  /** @type {NodeListOf<HTMLElement>} */
  const places = document.querySelectorAll("[data-lt-resume]");
  for (const place of places) {
    let lesson = LESSONS[last];
    if (lesson && isDone(nameOf(lesson[0]), right))
      lesson = LESSONS.slice(last + 1).find(([, , closer]) => !closer) ?? lesson;
    place.hidden = !lesson;
    if (!lesson) continue;
    const link = document.createElement("a");
    link.href = `${document.documentElement.dataset.content_root}${lesson[0]}.html`;
    link.textContent = lesson[1];
    place.replaceChildren("Go on where you were: ", link);
  }
};

/** @param {Right} right */
const showTicks = (right) => {
  for (const tick of document.querySelectorAll(".lt-tick")) tick.remove();
  /** @type {NodeListOf<HTMLAnchorElement>} */
  const links = document.querySelectorAll(".sidebar-tree a.reference");
  for (const link of links) {
    const page = pageOf(link);
    const lessons = page.endsWith("/index") ? lessonsOf(page) : [];
    if (lessons.length) {
      const done = lessons.filter((name) => isDone(name, right)).length;
      addTick(link, done, lessons.length, ["", "quizzes", "done"]);
    } else {
      const ids = QUIZZES[nameOf(page)] ?? [];
      const done = ids.filter((id) => right[nameOf(page)]?.includes(id)).length;
      addTick(link, done, ids.length, ["quiz: ", "questions", "answered right"]);
    }
  }
  /** @type {NodeListOf<HTMLElement>} */
  const stops = document.querySelectorAll("[data-lt-quiz]");
  for (const stop of stops) {
    const done = isDone(stop.dataset.ltQuiz ?? "", right);
    stop.classList.toggle("lt-done", done);
    stop.querySelector(":scope > .live-voice")?.remove();
    if (done) stop.append(span(" (quiz done)", "live-voice", false));
  }
  showWhereToGoOn(right);
  /** @type {NodeListOf<HTMLElement>} */
  const places = document.querySelectorAll("[data-lt-progress]");
  for (const place of places) {
    const count = Object.entries(QUIZZES).flatMap(([quiz, ids]) =>
      ids.filter((id) => right[quiz]?.includes(id)),
    ).length;
    const text =
      count === 0
        ? "Nothing is kept now."
        : `Kept now: ${count} question${count === 1 ? "" : "s"} answered right.`;
    place.querySelector("[role=status]")?.replaceChildren(text);
    place.hidden = false;
  }
};

const here = LESSONS.find(([page]) => location.pathname.endsWith(`/${page}.html`));
if (here) opened(here[0]);
showTicks(progress());
// This page's quiz tells what it changed; another tab's is in the storage.
addEventListener(PROGRESS_CHANGED, (event) => {
  showTicks(/** @type {CustomEvent<Right>} */ (event).detail);
});
addEventListener("storage", () => showTicks(progress()));
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) showTicks(progress());
});
for (const button of document.querySelectorAll("[data-lt-progress] button"))
  button.addEventListener("click", forget);
