const withPoint = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const withComma = /^[+-]?(?:\d+,?\d*|,\d+)(?:e[+-]?\d+)?$/i;
const missingWords = new Set(['', '-', '.', '?', 'na', 'n/a', '#n/a', 'nan', 'null', 'none', 'nil', 'missing']);

/** The finite number that a cell holds, or NaN. Hexadecimal, grouped digits, units and the like are not numbers. */
export function readNumber(cell: string, decimalComma: boolean): number {
  const text = cell.trim();
  if (!(decimalComma ? withComma : withPoint).test(text)) return Number.NaN;
  const value = Number(decimalComma ? text.replace(',', '.') : text);
  return Number.isFinite(value) ? value : Number.NaN;
}

/** Whether a cell says that its value is not known: empty, NA, NaN, null and the like. */
export function isMissing(cell: string): boolean {
  return missingWords.has(cell.trim().toLowerCase());
}
