import type { Paint } from './colours.js';
import { formatNumbers } from './number-format.js';
import { fitText, padStart, textWidth } from './text-width.js';

/** Points in two dimensions, x and y by turns, with the cluster of each. */
export interface PictureData {
  points: Float64Array;
  labels: ArrayLike<number>;
  /** x and y by turns, the k centroids in order; empty where they have no place, as in a histogram. */
  centroids: Float64Array;
  xTitle: string;
  yTitle: string;
  /** What the axes reach over. Default: all points and centroids. */
  frame?: { x: Extent; y: Extent };
}

interface Extent {
  min: number;
  max: number;
}

export interface PictureSize {
  /** Characters, without the axes. */
  width: number;
  height: number;
}

/**
 * A scatter plot in characters. In colour, every character holds 2 × 4 dots of braille in the colour of the cluster that
 * most of them belong to; without colour it is the digit or letter of that cluster. Centroids stand out with their
 * number, without colour as `×`.
 */
export function drawPicture(data: PictureData, size: PictureSize, paint: Paint): string {
  const xScale = data.frame?.x ?? extent(data, 0);
  const yScale = data.frame?.y ?? extent(data, 1);
  const grid = new Grid(size);
  for (let i = 0; i < data.labels.length; i++) {
    grid.add(fraction(data.points[2 * i]!, xScale), fraction(data.points[2 * i + 1]!, yScale), data.labels[i]!);
  }
  const rows = grid.draw((dots, cluster) =>
    paint.coloured ? paint.cluster(cluster, String.fromCodePoint(0x2800 + dots)) : (digits[cluster] ?? '·'),
  );
  for (let c = data.centroids.length / 2 - 1; c >= 0; c--) {
    const x = fraction(data.centroids[2 * c]!, xScale);
    const y = fraction(data.centroids[2 * c + 1]!, yScale);
    placeMark(rows, x, y, paint.coloured ? [...String(c)].map((digit) => paint.mark(c, digit)) : ['×']);
  }
  return `${framed(rows, size, data, xScale, yScale, paint).join('\n')}\n`;
}

/** How often the values of one feature occur: bars of dots, each cut into its clusters. */
export function histogram(values: Float64Array, labels: readonly number[], { width, height }: PictureSize) {
  const min = values.reduce((a, b) => Math.min(a, b));
  const max = values.reduce((a, b) => Math.max(a, b));
  const nBins = Math.min(width, Math.max(8, Math.ceil(2 * Math.sqrt(values.length))));
  const bins: number[][] = Array.from({ length: nBins }, () => []);
  for (const [i, value] of values.entries()) {
    bins[max > min ? Math.min(nBins - 1, Math.floor((nBins * (value - min)) / (max - min))) : 0]!.push(labels[i]!);
  }

  const highest = Math.max(...bins.map(({ length }) => length));
  const points: number[] = [];
  const clusters: number[] = [];
  for (let column = 0; column < 2 * width; column++) {
    const bin = bins[Math.floor((column * nBins) / (2 * width))]!.sort((a, b) => a - b);
    const dots = Math.ceil((4 * height * bin.length) / highest);
    for (let dot = 0; dot < dots; dot++) {
      points.push(min + ((max - min) * (column + 0.5)) / (2 * width), (highest * (dot + 0.5)) / (4 * height));
      clusters.push(bin[Math.floor((dot * bin.length) / dots)]!);
    }
  }
  return {
    points: Float64Array.from(points),
    labels: clusters,
    frame: { x: { min, max }, y: { min: 0, max: highest } },
  };
}

const digits = [...'0123456789abcdefghijklmnopqrstuvwxyz'];

function extent({ points, centroids }: PictureData, axis: number): Extent {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const list of [points, centroids]) {
    for (let i = axis; i < list.length; i += 2) {
      min = Math.min(min, list[i]!);
      max = Math.max(max, list[i]!);
    }
  }
  return { min, max };
}

function fraction(value: number, { min, max }: Extent): number {
  return max > min ? (value - min) / (max - min) : 0.5;
}

/** Braille counts its dots 1 2 3 7 down the left column and 4 5 6 8 down the right one. */
const brailleBits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
];

class Grid {
  private readonly dots: Uint8Array;
  /** Points of each cluster in a character, to find the one that most belong to. */
  private readonly tallies: (Map<number, number> | undefined)[];

  constructor(private readonly size: PictureSize) {
    this.dots = new Uint8Array(size.width * size.height);
    this.tallies = new Array(size.width * size.height);
  }

  /** x and y from 0 to 1, y upwards. */
  add(x: number, y: number, cluster: number): void {
    const { width, height } = this.size;
    const column = Math.min(2 * width - 1, Math.floor(x * 2 * width));
    const row = Math.min(4 * height - 1, Math.floor((1 - y) * 4 * height));
    const cell = (row >> 2) * width + (column >> 1);
    this.dots[cell]! |= brailleBits[column & 1]![row & 3]!;
    this.tallies[cell] ??= new Map();
    this.tallies[cell].set(cluster, (this.tallies[cell].get(cluster) ?? 0) + 1);
  }

  draw(character: (dots: number, cluster: number) => string): string[][] {
    const { width, height } = this.size;
    return Array.from({ length: height }, (_, row) =>
      Array.from({ length: width }, (_, column) => {
        const tally = this.tallies[row * width + column];
        if (!tally) return ' ';
        const [cluster] = [...tally].reduce((most, one) => (one[1] > most[1] ? one : most));
        return character(this.dots[row * width + column]!, cluster);
      }),
    );
  }
}

function placeMark(rows: string[][], x: number, y: number, characters: string[]): void {
  const height = rows.length;
  const width = rows[0]!.length;
  const row = Math.min(height - 1, Math.floor((1 - y) * height));
  const column = Math.min(width - characters.length, Math.floor(x * width));
  for (const [j, character] of characters.entries()) rows[row]![column + j] = character;
}

function framed(
  rows: string[][],
  { width }: PictureSize,
  { xTitle, yTitle }: PictureData,
  xScale: Extent,
  yScale: Extent,
  paint: Paint,
): string[] {
  const [bottom, top] = formatNumbers([yScale.min, yScale.max]) as [string, string];
  const [left, right] = formatNumbers([xScale.min, xScale.max]) as [string, string];
  const margin = Math.max(bottom.length, top.length) + 2;
  const last = rows.length - 1;
  const lines = rows.map((row, i) => {
    const tick = i === 0 ? top : i === last ? bottom : '';
    return `${paint.dim(`${padStart(tick, margin)} │`)}${row.join('').trimEnd()}`;
  });

  const title = fitText(xTitle, Math.max(1, width - left.length - right.length - 4));
  const free = width - left.length - right.length - textWidth(title);
  const before = Math.floor(free / 2);
  const ticks = `${left}${' '.repeat(before)}${title}${' '.repeat(free - before)}${right}`;
  const indent = ' '.repeat(margin + 2);
  return [
    paint.dim(`${indent}${fitText(yTitle, width)}`),
    ...lines,
    paint.dim(`${' '.repeat(margin + 1)}└${'─'.repeat(width)}`),
    paint.dim(`${indent}${ticks}`),
  ];
}
