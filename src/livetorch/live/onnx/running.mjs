// How a widget on a page runs a chapter's model.

/** @import { Page } from "../frame/frame.mjs" */
/** @import { Inputs } from "./runtime.mjs" */

/**
 * What a model makes of its inputs. The runtime is a module of its own, so that all widgets of a
 * page, each one text with all that it imports, share one worker.
 * @param {Page} page
 * @param {string} model
 * @param {Inputs} inputs
 */
export async function runOnPage(page, model, inputs) {
  const address = new URL(`runtime.mjs?v=${page.version}`, page.base).href;
  const runtime = /** @type {typeof import("./runtime.mjs")} */ (await import(address));
  return runtime.run(page, model, inputs);
}
