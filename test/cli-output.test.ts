import { describe, expect, it } from 'vitest';
import { createPaint } from '../src/cli/colours.js';
import { formatCsv } from '../src/cli/csv-output.js';
import { formatCount, formatDuration, formatNumber, formatNumbers, formatPlural } from '../src/cli/number-format.js';
import { principalComponents } from '../src/cli/principal-components.js';
import { createProgress } from '../src/cli/progress.js';
import { fitScaling, scale, unscale } from '../src/cli/scaling.js';
import { type Output, wantsColour, widthOf } from '../src/cli/terminal.js';
import { drawPicture, histogram } from '../src/cli/terminal-picture.js';
import { countFitting, formatTable } from '../src/cli/text-table.js';
import { fitText, textWidth } from '../src/cli/text-width.js';

const plain = createPaint(false);
const sink = (isTTY: boolean): Output & { text: string } => ({
  text: '',
  isTTY,
  columns: 60,
  write(text) {
    this.text += text;
  },
});

describe('numbers', () => {
  it('of one column have as many decimals each', () => {
    expect(formatNumbers([1, 2.5, -123.456])).toEqual(['1.0', '2.5', '-123.5']);
    expect(formatNumbers([0.01234, -0.000001])).toEqual(['0.01234', '0.00000']);
    expect(formatNumbers([1, 20])).toEqual(['1', '20']);
    expect(formatNumbers([0, 1e12])).toEqual(['0.000e+0', '1.000e+12']);
    expect(formatNumbers([0, 0])).toEqual(['0', '0']);
  });

  it('in a sentence are short', () => {
    expect(formatNumber(1234567.8)).toBe('1,234,568');
    expect(formatNumber(2.71349)).toBe('2.713');
    expect(formatCount(12345)).toBe('12,345');
    expect(formatPlural(1, 'row')).toBe('1 row');
    expect([0.04, 12.3, 2345, 125_000].map(formatDuration)).toEqual(['0.0 ms', '12 ms', '2.3 s', '2 min 5 s']);
  });
});

describe('text', () => {
  it('is measured and cut as a terminal shows it', () => {
    expect(textWidth('größe')).toBe(5);
    expect(textWidth('重さ')).toBe(4);
    expect(textWidth('👩‍🔬x')).toBe(3);
    expect(fitText('a long name', 6)).toBe('a lon…');
    expect(fitText('重さです', 6)).toBe('重さ…');
    expect(fitText('a\n\x1b[31mb', 20)).toBe('a [31mb');
  });

  it('stands in columns set to the right, as many as fit', () => {
    const columns = [
      { title: 'k', cells: ['1', '10'] },
      { title: '重さ', cells: ['5', '6'] },
    ];
    expect(formatTable(columns)).toEqual(['   k  重さ', '   1     5', '  10     6']);
    expect(countFitting(columns, 10)).toBe(2);
    expect(countFitting(columns, 9)).toBe(1);
  });
});

describe('CSV', () => {
  it('quotes what has to be quoted', () => {
    expect(formatCsv([['a', 'b,c', 'say "hi"', '', ' x', 1.5]])).toBe('a,"b,c","say ""hi""",," x",1.5\n');
    expect(formatCsv([['a', '', 'b\tc']], ' ')).toBe('a "" "b\tc"\n');
  });
});

describe('scaling', () => {
  const values = Float64Array.of(1, 5, 7, 3, 5, 7);

  it('standard gives mean 0 and deviation 1, and leaves a constant column at 0', () => {
    const scaling = fitScaling('standard', values, 3);
    expect(scaling).toEqual({ kind: 'standard', offset: [2, 5, 7], divisor: [1, 1, 1] });
    expect([...scale(values, scaling)]).toEqual([-1, 0, 0, 1, 0, 0]);
  });

  it('minmax gives 0 to 1, and goes back', () => {
    const scaling = fitScaling('minmax', values, 3);
    expect([...scale(values, scaling)]).toEqual([0, 0, 0, 1, 0, 0]);
    expect(unscale(Float64Array.of(0.5, 0, 0), scaling)).toEqual([2, 5, 7]);
  });

  it('none changes nothing', () => {
    const scaling = fitScaling('none', values, 3);
    expect(scale(values, scaling)).toBe(values);
    expect(unscale(values.subarray(0, 3), scaling)).toEqual([1, 5, 7]);
  });

  it('refuses what overflows', () => {
    expect(() => fitScaling('standard', Float64Array.of(1.7e308, 1.7e308), 1)).toThrow('too large');
  });
});

describe('principal components', () => {
  it('keep the distances of points that lie in a plane', () => {
    // two directions at right angles in four dimensions, the first far longer
    const points = [];
    for (const [a, b] of [
      [5, 1],
      [-5, 1],
      [3, -1],
      [-3, -1],
    ] as const) {
      points.push(a / 2, a / 2, a / 2, a / 2);
      for (const [j, sign] of [1, -1, 1, -1].entries()) points[points.length - 4 + j]! += (sign * b) / 2;
    }
    const seen = principalComponents(Float64Array.from(points), 4);
    expect([0, 2, 4, 6].map((i) => Math.abs(seen[i]!))).toEqual([5, 5, 3, 3].map((x) => expect.closeTo(x, 6)));
    expect([1, 3, 5, 7].map((i) => Math.abs(seen[i]!))).toEqual([1, 1, 1, 1].map((x) => expect.closeTo(x, 6)));
  });

  it('of points that are all the same are 0', () => {
    expect([...principalComponents(Float64Array.of(1, 2, 3, 1, 2, 3), 3)].map(Math.abs)).toEqual([0, 0, 0, 0]);
  });
});

describe('picture', () => {
  const corners = {
    points: Float64Array.of(0, 0, 10, 5),
    labels: [0, 1],
    centroids: new Float64Array(0),
    xTitle: 'x',
    yTitle: 'y',
  };

  it('puts points where they belong, between axes', () => {
    expect(drawPicture(corners, { width: 8, height: 3 }, plain)).toBe(
      ['     y', '  5 │       1', '    │', '  0 │0', '    └────────', '     0  x  10', ''].join('\n'),
    );
  });

  it('in colour has braille dots and numbered centroids', () => {
    const text = drawPicture(
      { ...corners, centroids: Float64Array.of(5, 2.5) },
      { width: 9, height: 3 },
      createPaint(true),
    );
    expect(text).toContain('\x1b[38;5;33m⡀\x1b[0m');
    expect(text).toContain('\x1b[38;5;202m⠈\x1b[0m');
    expect(text).toContain('\x1b[1;7;38;5;33m0\x1b[0m');
  });

  it('shows samples that are all the same, and more clusters than digits', () => {
    const same = { ...corners, points: new Float64Array(4), labels: [40, 40] };
    expect(drawPicture(same, { width: 4, height: 2 }, plain)).toContain('·');
  });

  it('of one feature is a histogram', () => {
    const { points, labels, frame } = histogram(Float64Array.of(0, 0, 0, 8), [1, 0, 1, 2], { width: 8, height: 1 });
    expect(frame).toEqual({ x: { min: 0, max: 8 }, y: { min: 0, max: 3 } });
    expect(labels).toEqual([0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 2]);
    expect(points[0]).toBe(0.25);
  });
});

describe('terminal', () => {
  it('wants colour where a person watches, unless told otherwise', () => {
    const [screen, file] = [sink(true), sink(false)];
    expect(wantsColour(screen, {})).toBe(true);
    expect(wantsColour(file, {})).toBe(false);
    expect(wantsColour(screen, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColour(screen, { TERM: 'dumb' })).toBe(false);
    expect(wantsColour(file, { FORCE_COLOR: '1' })).toBe(true);
    expect(wantsColour(screen, { FORCE_COLOR: '0' })).toBe(false);
  });

  it('knows its width', () => {
    expect(widthOf(sink(true), {})).toBe(60);
    expect(widthOf(sink(false), {})).toBe(100);
    expect(widthOf(sink(false), { COLUMNS: '70' })).toBe(70);
    expect(widthOf(sink(false), { COLUMNS: '3' })).toBe(40);
  });

  it('shows progress of long work only, on one line, and erases it', async () => {
    const stderr = sink(true);
    const progress = createProgress({ stderr, stdout: stderr, stdin: (async function* () {})(), env: {} }, false);
    progress.show(() => 'too early');
    progress.end();
    expect(stderr.text).toBe('');
    await new Promise((resolve) => setTimeout(resolve, 520));
    progress.show(() => 'x'.repeat(100));
    progress.show(() => 'too soon after');
    progress.end();
    expect(stderr.text).toBe(`\r\x1b[K${'x'.repeat(59)}\r\x1b[K`);
  });
});
