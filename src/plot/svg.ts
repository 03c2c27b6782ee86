type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One SVG element as text; children are text made by `element` or `escapeText`. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeText(typeof value === 'number' ? short(value) : value!)}"`);
  const content = children.join('');
  return `<${name}${written.join('')}${content === '' ? '/' : `>${content}</${name}`}>`;
}

/** Text as XML may hold it, in elements and attributes; what XML cannot hold at all becomes U+FFFD. */
export function escapeText(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A coordinate in hundredths of a pixel: nobody sees more, and files stay small. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100 || 0);
}

/** Children moved to (x, y). */
export function moved(x: number, y: number, ...children: readonly string[]): string {
  return element('g', { transform: `translate(${short(x)},${short(y)})` }, ...children);
}

const COORDINATES = new Set('x y x1 x2 y1 y2 cx cy r rx ry width height d transform points'.split(' '));

/** The nodes that Plot made, as text: the same in Node and in browsers, but for half a pixel that Plot adds on coarse screens. */
export function serialize(node: Node): string {
  if (node.nodeType === 3) return escapeText(node.nodeValue ?? '');
  if (node.nodeType !== 1) return '';
  // sorted, for documents disagree on the order
  const attributes = [...(node as Element).attributes]
    .map(({ name, value }) => [name, COORDINATES.has(name) ? shortenNumbers(value) : value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return element((node as Element).localName, Object.fromEntries(attributes), ...[...node.childNodes].map(serialize));
}

function shortenNumbers(text: string): string {
  return text.replace(/-?\d*\.\d{3,}(e[-+]?\d+)?/g, (number) => short(Number(number)));
}
