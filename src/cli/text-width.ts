const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Columns that a text takes on a terminal; it must hold no control characters. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return [...graphemes.segment(text)].reduce((sum, { segment }) => sum + (wide.test(segment) ? 2 : 1), 0);
}

/** A name on one line: control characters become blanks, and what is too long for `width` columns is cut. */
export function fitText(text: string, width: number): string {
  const line = text.replace(/\p{Cc}+/gu, ' ');
  if (textWidth(line) <= width) return line;
  let fitted = '';
  for (const { segment } of graphemes.segment(line)) {
    if (textWidth(fitted + segment) > width - 1) break;
    fitted += segment;
  }
  return `${fitted}…`;
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - textWidth(text))) + text;
}
