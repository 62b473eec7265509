// What every drawing does with lists.

/**
 * The last of a list that has one.
 * @template Item
 * @param {readonly Item[]} list
 */
export const lastOf = (list) => list[list.length - 1];

/** @param {number[]} numbers */
export const sumOf = (numbers) => numbers.reduce((sum, number) => sum + number, 0);

/**
 * Numbers multiplied, such as the sizes of a shape.
 * @param {number[]} numbers
 */
export const productOf = (numbers) => numbers.reduce((product, number) => product * number, 1);
