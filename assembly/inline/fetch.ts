/**
 * Has rows on their way before they are needed: far apart as the listed ones are, no prefetcher finds them, and a branch that
 * waits for one keeps the next from being asked for.
 *
 * @param list in: count × i32: which rows
 * @param bytes of a row that are needed
 * @returns nothing of meaning, to be stored somewhere, or the loads would be left out
 */
@inline
export function fetchRows(list: usize, count: i32, rows: usize, rowBytes: usize, bytes: usize): i32 {
  let touched = 0;
  for (let a: usize = 0; a < <usize>count; a++) {
    const row = rows + <usize>load<i32>(list + (a << 2)) * rowBytes;
    for (let at: usize = 0; at < bytes; at += 64) touched ^= load<i32>(row + at);
  }
  return touched;
}
