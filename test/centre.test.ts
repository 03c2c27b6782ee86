import { describe, expect, test } from 'vitest';
import { decodeBytes } from '../src/backend/binary-text.js';
import { now } from '../src/backend/pass.js';
import { createReferenceBackend } from '../src/backend/reference.js';
import { createWasmBackend } from '../src/backend/wasm.js';
import { Workspace } from '../src/backend/workspace.js';
import { measureFeatures, subtractShift } from '../src/data/centre.js';
import simd from '../src/generated/simd.js';
import type { Precision } from '../src/types.js';
import { expectClose } from './helpers/compare.js';
import { expectCode } from './helpers/errors.js';
import { exactSum } from './helpers/exact.js';
import { placeRows } from './helpers/placed-samples.js';
import { mulberry32, normal } from './helpers/problems.js';

const module = new WebAssembly.Module(decodeBytes(simd));
const precisions: Precision[] = ['float32', 'float64'];

describe.each([
  ['js', createReferenceBackend],
  ['wasm-simd', () => createWasmBackend(module)],
] as const)('centring [%s]', (name, createBackend) => {
  const measure = (rows: readonly number[][], precision: Precision, centred = true) => {
    const workspace = new Workspace(createBackend());
    expect(workspace.backend.name).toBe(name);
    const { samples, scratch } = placeRows(workspace, precision, rows);
    return { samples, scratch, statistics: now(measureFeatures(samples, scratch, centred)) };
  };

  describe.each(precisions)('%s', (precision) => {
    /** Columns with a mean of 0, 0 and then ever farther away, in units of their deviations. */
    const table = (n: number, d: number) => {
      const random = mulberry32(n * 100 + d);
      const rows = Array.from({ length: n }, () =>
        Array.from({ length: d }, (_, f) => normal(random) * 2 ** (f % 3) + (f < 2 ? 0 : 10 ** (f % 5))),
      );
      return precision === 'float32' ? rows.map((row) => row.map(Math.fround)) : rows;
    };

    // Whole passes over 2048 samples, and what is left of one.
    test.each([
      [1, 3],
      [2, 5],
      [7, 1],
      [255, 9],
      [2047, 4],
      [2048, 3],
      [2049, 5],
      [4100, 2],
    ])('measures mean variance and range of %s × %s', (n, d) => {
      const rows = table(n, d);
      const { statistics } = measure(rows, precision);
      const columns = Array.from({ length: d }, (_, f) => rows.map((row) => row[f]!));
      const means = columns.map((column) => exactSum(column) / n);
      const variances = columns.map((column, f) => exactSum(column.map((x) => (x - means[f]!) ** 2)) / n);
      expectClose([statistics.meanVariance], [exactSum(variances) / d], 1e-12, 1e-12 + variances[0]!);
      expectClose(
        statistics.magnitude,
        columns.map((column, f) => Math.max(...column.map((x) => Math.abs(x - statistics.shift[f]!)))),
        0,
      );
    });

    test('shifts to within a deviation of the mean, by numbers of few bits', () => {
      const rows = table(500, 9);
      const { shift } = measure(rows, precision).statistics;
      shift.forEach((value, f) => {
        const column = rows.map((row) => row[f]!);
        const mean = exactSum(column) / 500;
        const deviation = Math.sqrt(exactSum(column.map((x) => (x - mean) ** 2)) / 500);
        expect(Math.abs(value - mean)).toBeLessThanOrEqual(deviation);
        expect(significantBits(value)).toBeLessThanOrEqual(precision === 'float32' ? 20 : 48);
      });
    });

    test('does not shift data about the origin', () => {
      const rows = table(500, 2).flatMap(([x, y]) => [
        [x!, y!],
        [-x!, -y!],
      ]);
      const { samples, statistics } = measure(rows, precision);
      expect([...statistics.shift]).toEqual([0, 0]);
      now(subtractShift(samples, statistics.shift, 0));
      expect(rows.map((_, i) => samples.read(i))).toEqual(rows);
    });

    test('does not shift where it is not to', () => {
      const { shift, magnitude } = measure(
        [
          [1000, 5],
          [1001, -7],
        ],
        precision,
        false,
      ).statistics;
      expect([...shift]).toEqual([0, 0]);
      expect([...magnitude]).toEqual([1001, 7]);
    });

    test.each([1, 4, 5, 8])('subtracts without rounding where data lies off the origin: %s features', (d) => {
      const random = mulberry32(d);
      const round = precision === 'float32' ? Math.fround : (x: number) => x;
      const rows = Array.from({ length: 300 }, () =>
        Array.from({ length: d }, (_, f) => round(10 ** (f + 1) * (1 + random() / 8))),
      );
      const { samples, scratch, statistics } = measure(rows, precision);
      now(subtractShift(samples, statistics.shift, scratch.means));
      rows.forEach((row, i) => {
        const left = samples.read(i);
        expect(left.map((value, f) => value + statistics.shift[f]!)).toEqual(row);
        left.forEach((value, f) => {
          expect(Math.abs(value)).toBeLessThanOrEqual(statistics.magnitude[f]!);
        });
      });
    });

    test('leaves next to nothing of columns that hold one value', () => {
      const rows = Array.from({ length: 100 }, () =>
        [0.1, -1e6, 0, 123456.789, 7].map((x) => (precision === 'float32' ? Math.fround(x) : x)),
      );
      const { statistics } = measure(rows, precision);
      statistics.magnitude.forEach((value, f) => {
        expect(value).toBeLessThanOrEqual(Math.abs(rows[0]![f]!) * 2 ** (precision === 'float32' ? -19 : -47));
      });
      expect(statistics.meanVariance).toBeLessThanOrEqual(1e-18);
    });

    test.each([1, 3, 5])('names the first value that is not finite, of %s features', (d) => {
      for (const bad of [Number.NaN, Infinity, -Infinity])
        for (const [row, column] of [
          [0, 0],
          [2, d - 1],
          [2500, 0],
          [2599, d - 1],
        ] as const) {
          const rows = Array.from({ length: 2600 }, (_, i) => Array.from({ length: d }, (_, f) => i - f));
          rows[row]![column] = bad;
          rows[2599]![d - 1] = bad;
          const error = expectCode(() => measure(rows, precision), 'ERR_NON_FINITE', RangeError);
          expect(error.message).toContain(`row ${row}, column ${column}`);
        }
    });

    test('refuses values whose squared distances overflow, with the column and the limit', () => {
      const much = precision === 'float32' ? 1e19 : 1e154;
      const error = expectCode(
        () =>
          measure(
            [
              [1, 2],
              [1, -much],
            ],
            precision,
          ),
        'ERR_NON_FINITE',
        RangeError,
      );
      expect(error.message).toContain('column 1');
      expect(error.message).toContain(precision);
      expect(
        measure(
          [
            [1, 2],
            [1, -much / 100],
          ],
          precision,
        ).statistics.magnitude[1],
      ).toBeGreaterThan(much / 1000);
    });
  });
});

/** Bits from the first to the last that is set. */
function significantBits(value: number): number {
  let bits = 0;
  for (let rest = Math.abs(value); rest > 0; bits++) {
    const power = 2 ** Math.floor(Math.log2(Math.abs(value)) - bits);
    if (rest >= power) rest -= power;
  }
  return bits;
}
