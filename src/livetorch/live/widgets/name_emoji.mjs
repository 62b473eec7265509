// Name a picture: an emoji as this device draws it, a drawing, or a picture from disk.
import { button, choice, slider } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { runOnPage } from "../onnx/running.mjs";
import { bars } from "../parts/bars.mjs";
import { colorSheet } from "../parts/color_sheet.mjs";
import { deviceEmoji } from "../parts/device_emoji.mjs";
import { drawingOn } from "../parts/gallery.mjs";
import { tally, verdict } from "../parts/kind_words.mjs";
import { pictureOf } from "../parts/picture_files.mjs";
import {
  blank,
  bytesOfText,
  colorless,
  contained,
  SHEET,
  SMALL,
  shrunk,
  textOfBytes,
  transparent,
} from "../parts/small_pictures.mjs";

/** @import { Page, Stage } from "../frame/frame.mjs" */
/** @import { Subject } from "../parts/color_sheet.mjs" */
/** @import { Belief } from "../parts/kind_words.mjs" */
/** @typedef {[sign: string, name: string, kind: string]} Sign */
/** @typedef {{ name: string, kind: string, picture: string }} Start base64, as in a question */
/**
 * signs: emoji to ask this device for
 * @typedef {Belief & { signs: Sign[], start: Start }} Options
 */
/** @typedef {{ picture: string }} Question 64 × 64 × 3 bytes, row by row, as base64 */
/** @typedef {{ probabilities: number[] }} Answer */

// Paints, and not the palette of the page: those that artists of emoji take.
const COLORS = ["black", "crimson", "orange", "forestgreen", "dodgerblue", "sienna", "white"];
const NAMES = ["black", "red", "orange", "green", "blue", "brown", "white"];

/**
 * What the exported model says, run by onnxruntime in a worker.
 * @param {Question} question
 * @param {Options} _options
 * @param {Page} page
 * @returns {Promise<Answer>}
 */
export async function answer({ picture }, _options, page) {
  const bytes = bytesOfText(picture);
  if (bytes.length !== SMALL * SMALL * 3)
    throw new Error(`A picture is ${SMALL} × ${SMALL} × 3 bytes.`);
  const plane = SMALL * SMALL;
  const data = Float32Array.from(bytes, (_, i) => bytes[3 * (i % plane) + Math.floor(i / plane)]);
  const { probabilities } = await runOnPage(page, "emoji", {
    pictures: { data, dims: [1, 3, SMALL, SMALL] },
  });
  return { probabilities: [...probabilities.data] };
}

/** @param {Stage<Options, Question, Answer>} stage */
async function draw({ body, options, ask, say, fail }) {
  const { kinds, signs, start } = options;
  const brush = { color: COLORS[0], size: 12 };
  const words = h("p", { class: "live-readout" });
  const note = h("p", { class: "live-readout live-note" });
  const chart = bars({ caption: "Probability of each kind", labels: kinds });
  const seen = h("canvas", { width: SMALL, height: SMALL, role: "img", class: "live-seen" });
  seen.setAttribute("aria-label", "What the network gets: 64 by 64 colors");
  /** @type {Subject} */
  let about = null;
  let empty = false;
  const show = (/** @type {Answer} */ { probabilities }) => {
    words.textContent = verdict(probabilities, options, about, empty);
    say(`${words.textContent} ${note.textContent}`.trim());
    chart.show(probabilities);
  };
  const update = latest(ask, show, fail);
  const undo = button("Undo", () => {
    note.textContent = "";
    fail();
    sheet.undo();
  });
  const sheet = colorSheet(
    () => brush,
    (small, subject, undos) => {
      [about, empty] = [subject, blank(small)];
      undo.disabled = !undos;
      const context = drawingOn(seen);
      const image = context.createImageData(SMALL, SMALL);
      for (let i = 0; i < SMALL * SMALL; i++)
        image.data.set([...small.slice(3 * i, 3 * i + 3), 255], 4 * i);
      context.putImageData(image, 0, 0);
      update({ picture: textOfBytes(small) });
    },
  );
  /** @type {typeof sheet.put} */
  const put = (...settings) => {
    note.textContent = "";
    fail();
    sheet.put(...settings);
  };

  const scratch = (/** @type {(context: CanvasRenderingContext2D) => void} */ paint) => {
    const context = drawingOn(h("canvas", { width: SHEET, height: SHEET }));
    paint(context);
    return context.getImageData(0, 0, SHEET, SHEET).data;
  };
  /** @param {File | undefined} file */
  const read = async (file) => {
    if (!file) return;
    try {
      const picture = await pictureOf(file);
      const { width, height } = picture;
      const [across, down] = [width, height].map((pixels) => pixels.toLocaleString("en"));
      const box = contained(width, height);
      const paint = (/** @type {CanvasRenderingContext2D} */ context) => {
        context.imageSmoothingQuality = "high";
        context.drawImage(picture, box.x, box.y, box.width, box.height);
      };
      const pixels = scratch(paint);
      put(null, paint);
      note.textContent = [
        `${file.name}: ${across} × ${down} pixels, made ${SMALL} × ${SMALL}.`,
        width !== height && "White fills the square.",
        transparent(pixels, box) && "White is behind what is transparent.",
        colorless(shrunk(pixels)) &&
          "It has no colors, and the network learned from colored pictures.",
      ]
        .filter(Boolean)
        .join(" ");
    } catch (error) {
      fail(error); // the paper stays as it was
    }
  };
  const chooser = h("input", { type: "file", accept: "image/*", class: "live-file" });
  chooser.addEventListener("change", async () => {
    await read(chooser.files?.[0]);
    chooser.value = ""; // so that the same file can be chosen again
  });
  sheet.node.addEventListener("dragover", (event) => event.preventDefault());
  sheet.node.addEventListener("drop", (event) => {
    event.preventDefault();
    read(event.dataTransfer?.files[0]);
  });

  const picks = signs.map(([sign, name, kind]) =>
    button(
      sign,
      () => {
        const paint = deviceEmoji(sign);
        if (paint) put({ name, kind }, paint);
        else fail(`This device has no picture in color for ${name}.`);
      },
      { "aria-label": name, title: name },
    ),
  );
  const total = h("p", { class: "live-readout" });
  const all = button(`Ask about all ${signs.length}`, async () => {
    all.disabled = true;
    /** @type {[number[], string][]} */
    const answers = [];
    try {
      for (const [sign, , kind] of signs) {
        const paint = deviceEmoji(sign);
        if (!paint) continue;
        const { probabilities } = await ask({ picture: textOfBytes(shrunk(scratch(paint))) });
        answers.push([probabilities, kind]);
      }
      total.textContent = tally(answers, options, signs.length - answers.length);
      say(total.textContent);
    } catch (error) {
      fail(error);
    }
    all.disabled = false;
  });

  body.append(
    h(
      "div",
      { class: "live-columns live-clothes" },
      h(
        "div",
        {},
        sheet.node,
        choice({
          label: "Pen:",
          value: COLORS[0],
          choices: COLORS.map((color, i) => [color, NAMES[i]]),
          change: (color) => {
            brush.color = color;
          },
        }),
        slider({
          label: "Width",
          min: 2,
          max: 60,
          step: 2,
          value: brush.size,
          change: (size) => {
            brush.size = size;
          },
        }).node,
        h(
          "div",
          { class: "live-row" },
          undo,
          button("Empty", () => put(null)),
        ),
        h("label", { class: "live-field" }, "A picture from disk: ", chooser),
      ),
      h(
        "div",
        {},
        words,
        note,
        chart.node,
        h("figure", { class: "live-named" }, h("figcaption", {}, "It gets"), seen),
      ),
    ),
    h("p", {}, "Or as this device draws it:"),
    h("div", { class: "live-row live-signs", role: "group", "aria-label": "Emoji" }, picks),
    h("div", { class: "live-row" }, all),
    total,
  );
  // The first answer brings the runtime; a page that cannot have it must say so.
  show(await ask({ picture: start.picture }));
  const colors = bytesOfText(start.picture);
  const side = SHEET / SMALL;
  put(
    start,
    (context) => {
      for (let i = 0; i < SMALL * SMALL; i++) {
        context.fillStyle = `rgb(${colors.slice(3 * i, 3 * i + 3).join(",")})`;
        context.fillRect((i % SMALL) * side, Math.floor(i / SMALL) * side, side, side);
      }
    },
    true,
  );
}

export default live({ draw, answer });
