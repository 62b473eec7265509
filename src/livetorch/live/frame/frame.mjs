// What every widget shares: its frame, a voice for screen readers, and who answers its questions.
//
// A widget's module ends with `export default live({ draw, answer })`. `draw` gets a Stage and may
// return a function that stops what it started. Reset calls that and draws anew, so what `draw`
// shows first must not depend on chance or on what was before.
import { button } from "./controls.mjs";
import { h } from "./elements.mjs";

/**
 * What a widget's module knows of the page that it is on.
 * @typedef {object} Page
 * @property {URL} base the folder of the modules
 * @property {string} version of the modules
 * @property {number} bytes that the widget's start loads, or a button inside of it
 * @property {(part: number) => unknown} [progress] is told how much of them has come, 0 to 1
 * @property {string} [missing] says why the button inside cannot load them
 */
/** @typedef {{ id: number, answer?: unknown, error?: string }} Reply the kernel's, to a question */
/**
 * What speaks for a notebook: anywidget.
 * @typedef {object} NotebookModel
 * @property {(name: "options") => unknown} get
 * @property {(event: "msg:custom", listener: (reply: Reply) => void) => void} on
 * @property {(message: { id: number, question: unknown }) => void} send
 * @property {undefined} [page]
 */
/** @typedef {{ get: (name: "options") => unknown, page: Page }} PageModel a page's: book/live.js */
/** @typedef {(() => unknown) | undefined} Stop what ends what was started */
/**
 * What `draw` gets. `answer` is asked in a page, the kernel's torch in a notebook.
 * @template Options
 * @template [Question=undefined]
 * @template [Answer=undefined]
 * @typedef {object} Stage
 * @property {HTMLElement} body the element to fill
 * @property {Options} options what the chapter gave the widget
 * @property {(question: Question) => Promise<Answer>} ask
 * @property {(text: string) => void} say tells a screen reader, once the reader's hand rests
 * @property {(error?: unknown) => void} fail shows what went wrong, in words; without it, nothing
 * @property {Page | undefined} page undefined in a notebook
 */
/**
 * @template Options
 * @template [Question=undefined]
 * @template [Answer=undefined]
 * @typedef {object} Widget
 * @property {(stage: Stage<Options, Question, Answer>) => Stop | void | Promise<Stop | void>} draw
 * @property {(question: Question, options: Options, page: Page) => Answer | Promise<Answer>}
 *   [answer]
 */

/**
 * Ask one question at a time, always the newest: a dragging hand asks faster than torch answers.
 * @template Question, Answer
 * @param {(question: Question) => Promise<Answer>} ask
 * @param {(answer: Answer, question: Question) => unknown} show
 * @param {(error: unknown) => unknown} fail
 */
export function latest(ask, show, fail) {
  /** @type {{ question: Question } | undefined} */
  let waiting;
  let busy = false;
  return async (/** @type {Question} */ question) => {
    waiting = { question };
    if (busy) return;
    busy = true;
    while (waiting) {
      const now = waiting.question;
      waiting = undefined;
      try {
        const answer = await ask(now);
        if (!waiting) show(answer, now);
      } catch (error) {
        if (!waiting) fail(error);
      }
    }
    busy = false;
  };
}

const PATIENCE = 20_000;

/** @param {NotebookModel} model */
function fromKernel(model) {
  let last = 0;
  /** @type {Map<number, { resolve: (answer: unknown) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  model.on("msg:custom", (reply) => {
    const asker = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.error === undefined) asker?.resolve(reply.answer);
    else asker?.reject(new Error(reply.error));
  });
  return (/** @type {unknown} */ question) =>
    new Promise((resolve, reject) => {
      last += 1;
      const id = last;
      waiting.set(id, { resolve, reject });
      model.send({ id, question });
      setTimeout(() => {
        if (waiting.delete(id))
          reject(new Error("The kernel does not answer. Run this cell again."));
      }, PATIENCE);
    });
}

/** @param {unknown} error */
const inWords = (error) => (error instanceof Error ? error.message : String(error ?? ""));

/**
 * @template Options, Question, Answer
 * @param {Widget<Options, Question, Answer>} widget
 */
export function live({ draw, answer }) {
  /** @param {{ model: NotebookModel | PageModel, el: Element }} place */
  async function render({ model, el }) {
    const options = /** @type {Options & { title: string }} */ (model.get("options"));
    const { page } = model;
    const ask = /** @type {(question: Question) => Promise<Answer>} */ (
      page ? async (question) => answer?.(question, options, page) : fromKernel(model)
    );
    const body = h("div", { class: "live-body" });
    const voice = h("p", { class: "live-voice", role: "status" });
    const trouble = h("p", { class: "live-trouble", role: "alert" });
    /** @type {number | undefined} */
    let resting;
    const say = (/** @type {string} */ text) => {
      clearTimeout(resting);
      resting = setTimeout(() => {
        voice.textContent = text;
      }, 400);
    };
    const fail = (/** @type {unknown} */ error) => {
      trouble.textContent = inWords(error);
    };
    /** @type {Stop} */
    let stop;
    const start = async () => {
      stop?.();
      clearTimeout(resting);
      fail(undefined);
      voice.textContent = "";
      body.replaceChildren();
      stop = /** @type {Stop} */ (await draw({ body, options, ask, say, fail, page }));
    };
    const again = () => start().then(() => say("Reset."), fail);
    const title = h("strong", {}, options.title);
    const head = h("div", { class: "live-head" }, title, button("Reset", again));
    const label = { class: "live-box", "aria-label": options.title };
    el.replaceChildren(h("section", label, head, body, trouble, voice));
    await start();
    return () => stop?.();
  }
  return { render };
}
