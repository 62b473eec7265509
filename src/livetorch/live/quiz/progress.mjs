// What the reader answered right, kept in this browser alone, under one key:
// { version: 1, right: { quiz: [ids] } }; and which lesson was opened last. The pages' script
// (book/ticks.js) has this text in it, so that both agree.
const PROGRESS_KEY = "livetorch-progress";
const PROGRESS_VERSION = 1;
const LAST_KEY = "livetorch-last";
export const PROGRESS_CHANGED = "livetorch-progress";
/** @typedef {Record<string, string[]>} Right the ids of questions, by the name of their quiz */

/**
 * Where the browser keeps nothing (blocked, full), this holds it until the page is left.
 * @type {Right | undefined}
 */
let unkept;

/**
 * What was answered right.
 * @returns {Right}
 */
export function progress() {
  if (unkept) return unkept;
  try {
    const { version, right } = JSON.parse(localStorage.getItem(PROGRESS_KEY) ?? "");
    if (version !== PROGRESS_VERSION) return {};
    const lists = Object.entries(right).filter(([, ids]) => Array.isArray(ids));
    return Object.fromEntries(
      lists.map(([quiz, ids]) => [
        quiz,
        ids.filter((/** @type {unknown} */ id) => typeof id === "string"),
      ]),
    );
  } catch {
    return {}; // nothing yet, or something that we did not write
  }
}

/**
 * Add a question; whether the browser keeps it.
 * @param {string} quiz
 * @param {string} id
 */
export function remember(quiz, id) {
  const right = progress();
  right[quiz] = [...new Set([...(right[quiz] ?? []), id])];
  try {
    const text = JSON.stringify({ version: PROGRESS_VERSION, right });
    localStorage.setItem(PROGRESS_KEY, text);
    unkept = localStorage.getItem(PROGRESS_KEY) === text ? undefined : right;
  } catch {
    unkept = right;
  }
  dispatchEvent(new CustomEvent(PROGRESS_CHANGED, { detail: right }));
  return !unkept;
}

/** The page of the lesson that was opened last; empty where there is none. */
export function lastOpened() {
  try {
    return localStorage.getItem(LAST_KEY) ?? "";
  } catch {
    return "";
  }
}

/**
 * Keep which lesson was opened last.
 * @param {string} page
 */
export function opened(page) {
  try {
    localStorage.setItem(LAST_KEY, page);
  } catch {
    // Nothing can be kept here.
  }
}

/** Forget all of it, of every quiz. */
export function forget() {
  unkept = undefined;
  try {
    localStorage.removeItem(PROGRESS_KEY);
    localStorage.removeItem(LAST_KEY);
  } catch {
    // It kept nothing.
  }
  dispatchEvent(new CustomEvent(PROGRESS_CHANGED, { detail: {} }));
}
