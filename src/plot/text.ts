/** Roughly the width of a text in pixels: there is no font to measure with, so a little too wide rather than too narrow. */
export function textWidth(text: string, fontSize: number): number {
  let ems = 0;
  for (const char of text) ems += charWidth(char);
  return ems * fontSize;
}

function charWidth(char: string): number {
  if (/[ijltfr.,:;|!'()[\]/\\ ]/.test(char)) return 0.34;
  if (/[mwMW@%—]/.test(char)) return 0.92;
  if (/[A-Z&<>=+#]/.test(char)) return 0.7;
  if (char > '\u1100') return 1.05;
  return 0.58;
}

/** The text cut to the width, with an ellipsis where something is missing. */
export function cutText(text: string, width: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= width) return text;
  const chars = [...text];
  while (chars.length > 0 && textWidth(`${chars.join('')}…`, fontSize) > width) chars.pop();
  return `${chars.join('').trimEnd()}…`;
}

/** The text in lines that fit the width, the last of at most `maxLines` cut if need be. */
export function wrapText(text: string, width: number, fontSize: number, maxLines: number): string[] {
  const lines: string[] = [];
  let line = '';
  const words = text.split(/\s+/).filter((word) => word !== '');
  for (const [i, word] of words.entries()) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || textWidth(longer, fontSize) <= width) line = longer;
    else if (lines.length === maxLines - 1)
      return [...lines, cutText([line, ...words.slice(i)].join(' '), width, fontSize)];
    else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== '') lines.push(line);
  return lines.map((one) => cutText(one, width, fontSize));
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A count, with separators. */
export function formatCount(count: number): string {
  return grouped.format(count);
}

/** Any number in about four significant digits. */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size >= 1e15 || size < 1e-4) return value.toExponential(2);
  return new Intl.NumberFormat('en-US', { maximumSignificantDigits: size >= 1e4 ? 6 : 4 }).format(value);
}

/** A share of 1 as a percentage; close to all or nothing it gets a decimal. */
export function formatShare(share: number): string {
  const percent = 100 * share;
  return `${percent.toFixed((percent > 99 && percent < 99.95) || percent < 1 ? 1 : 0)} %`;
}

/**
 * How to write the ticks of an axis from `low` to `high`: undefined where Plot's own way is good, else short forms
 * such as 1.2M or 3e-7 with as many digits as keep neighbouring ticks apart.
 */
export function tickFormat(low: number, high: number): ((value: number) => string) | undefined {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (size >= 1e-3 && size < 1e5) return undefined;
  const digits = Math.min(15, 2 + Math.max(0, Math.floor(Math.log10(size / (high - low)))));
  const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: digits + 1 });
  const write =
    size < 1e-3 || size >= 1e15
      ? (value: number) => (value === 0 ? '0' : value.toExponential(digits - 1).replace(/\.?0+e/, 'e'))
      : compact.format;
  return (value) => write(value).replace(/^-/, '−');
}
