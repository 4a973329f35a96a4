/**
 * The same elements, ordered so that however many of them are taken from the front, they lie evenly over the whole:
 * bit-reversed order. Neighbouring segments of a scan lie in the same partitions of the table; 40 of 160 in their order
 * would meet at a quarter of its key space, and at a quarter of its capacity.
 */
export function spread<T>(all: readonly T[]): T[] {
  let size = 1
  while (size < all.length) size *= 2
  const order: T[] = []
  let at = 0
  for (let i = 0; i < size; i++) {
    if (at < all.length) order.push(all[at]!)
    // Adds 1 to the number with its bits reversed: the carry runs from the highest bit down.
    let bit = size >> 1
    while (at & bit) {
      at ^= bit
      bit >>= 1
    }
    at |= bit
  }
  return order
}
