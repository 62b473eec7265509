// Pictures from the reader's disk, with a sentence for each that cannot be used.

const MEGABYTES = 20;
const MEGADOTS = 40;

/**
 * How many pixels wide and high a file says that its picture is: a PNG, GIF or JPEG. Null for
 * others.
 *
 * It is read before the picture is decoded, since few bytes can hold a picture that no memory can.
 * @param {Uint8Array | number[]} bytes
 * @returns {[number, number] | null}
 */
export function sizeOf(bytes) {
  const view = new DataView(Uint8Array.from(bytes).buffer);
  /** @type {(text: string, at: number) => boolean} */
  const reads = (text, at) => [...text].every((sign, i) => bytes[at + i] === sign.charCodeAt(0));
  if (reads("PNG", 1) && bytes.length >= 24) return [view.getUint32(16), view.getUint32(20)];
  if (reads("GIF8", 0) && bytes.length >= 10)
    return [view.getUint16(6, true), view.getUint16(8, true)];
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  // JPEG: segments, each a mark and its length, until one that says the size.
  for (let at = 2; at + 9 < bytes.length; at += 2 + view.getUint16(at + 2)) {
    if (bytes[at] !== 0xff) return null;
    const mark = bytes[at + 1];
    if (mark >= 0xc0 && mark <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(mark))
      return [view.getUint16(at + 7), view.getUint16(at + 5)];
  }
  return null;
}

/** @param {number} count */
const grouped = (count) => count.toLocaleString("en");

/**
 * Why a picture of this size is not taken, or null.
 * @param {string} name
 * @param {[number, number]} size
 */
export function tooLarge(name, [width, height]) {
  if (width * height <= MEGADOTS * 1e6) return null;
  return (
    `${name} is ${grouped(width)} × ${grouped(height)} pixels large, and at most ` +
    `${MEGADOTS} million are read here. Make it smaller first.`
  );
}

/**
 * The picture in a file.
 * @param {File} file
 * @returns {Promise<ImageBitmap>}
 */
export async function pictureOf(file) {
  const { name } = file;
  if (!file.size) throw new Error(`${name} is empty.`);
  if (file.size > MEGABYTES * 1e6)
    throw new Error(
      `${name} has ${Math.round(file.size / 1e6)} MB, and at most ${MEGABYTES} are read here.`,
    );
  const size = sizeOf(new Uint8Array(await file.arrayBuffer()));
  const refused = size && tooLarge(name, size);
  if (refused) throw new Error(refused);
  /** @type {ImageBitmap} */
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    throw new Error(
      `${name} is no picture that this browser can read. PNG, JPEG, GIF and WebP are.`,
    );
  }
  const late = tooLarge(name, [picture.width, picture.height]);
  if (late) throw new Error(late);
  return picture;
}
