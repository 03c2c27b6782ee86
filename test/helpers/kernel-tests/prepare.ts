import { expect } from 'vitest';
import { COLUMNS_MAX_D } from '../../../src/backend/shapes.js';
import { exactSum } from '../exact.js';
import { expectNear, expectSame } from '../kernel-checks.js';
import { columnsOf, inBlocks, inOrder } from '../kernel-oracles.js';
import type { KernelTests } from '../kernel-table.js';
import { epsilon } from '../rounding.js';

/** Samples whose values are added in stripes before the sum is taken on. */
const blockOf = ({ n, d }: { n: number; d: number }) => (d <= COLUMNS_MAX_D ? n : 64);

/** Kernels that bring samples into place. */
export const prepareTests = {
  toColumns(bench) {
    const { memory, kernels, rows, n, d, bytes } = bench;
    const stride = n + bench.integer(9);
    const source = bench.place(rows.flat());
    const columns = memory.space(d * stride, bytes);
    memory.run(bench.sampleRegions(columns, stride, true), () => kernels.toColumns(source, n, d, columns, stride));
    const found = bench.readSamples(columns, stride, true);
    expectSame(found, rows.flat());
    return [found];
  },

  gather(bench) {
    const { memory, kernels, rows, n, d, x, stride, bytes } = bench;
    const columns = d <= COLUMNS_MAX_D;
    const indices = rows.map(() => bench.integer(n));
    const at = bench.placeInt32(indices);
    const targetStride = (columns ? n : d) + bench.integer(5);
    const target = memory.space(targetStride * (columns ? d : n), bytes);
    memory.run(bench.sampleRegions(target, targetStride), () =>
      kernels.gather(x, d, stride, at, n, target, targetStride),
    );
    const found = bench.readSamples(target, targetStride);
    expectSame(
      found,
      indices.flatMap((i) => rows[i]!),
    );
    return [found];
  },

  addFeatureSums(bench) {
    const { memory, kernels, n, d, rows, x, stride } = bench;
    const before = Array.from({ length: d }, () => bench.random());
    const sums = bench.placeFloat64(before);
    memory.run([{ pointer: sums, bytes: d * 8 }], () => kernels.addFeatureSums(x, n, d, stride, sums));
    const found = bench.readFloat64(sums, d);
    const columns = columnsOf(rows, d);
    expectSame(
      found,
      columns.map((column, f) => inBlocks(before[f]!, column, blockOf(bench))),
    );
    columns.forEach((column, f) => {
      const slack = (n + 4) * 2 ** -52 * (before[f]! + exactSum(column.map(Math.abs)));
      expectNear(found[f]!, exactSum([before[f]!, ...column]), slack);
    });
    return [found];
  },

  addFeatureSpread(bench) {
    const { memory, kernels, n, d, rows, x, stride } = bench;
    const columns = columnsOf(rows, d);
    const means = columns.map((column) => exactSum(column) / n);
    const before = [...means.map(() => bench.random()), ...means.map(() => 0.5), ...means.map(() => -0.5)];
    const spread = bench.placeFloat64(before);
    const meansAt = bench.placeFloat64(means);
    memory.run([{ pointer: spread, bytes: 3 * d * 8 }], () =>
      kernels.addFeatureSpread(x, n, d, stride, meansAt, spread),
    );
    // Whether the least or greatest zero is −0 is left open.
    const found = bench.readFloat64(spread, 3 * d).map((value) => value + 0);
    expectSame(found, [
      ...columns.map((column, f) => {
        const squares = column.map((v) => (v - means[f]!) * (v - means[f]!));
        return inBlocks(before[f]!, squares, blockOf(bench));
      }),
      ...columns.map((column) => Math.min(0.5, ...column) + 0),
      ...columns.map((column) => Math.max(-0.5, ...column) + 0),
    ]);
    return [found];
  },

  subtractShift(bench) {
    const { memory, kernels, n, d, rows, x, stride } = bench;
    const [shift] = bench.table(1);
    const shiftAt = bench.place(shift!);
    memory.run(bench.sampleRegions(), () => kernels.subtractShift(x, n, d, stride, shiftAt));
    const found = bench.readSamples();
    expectSame(
      found,
      rows.flatMap((row) => row.map((value, f) => bench.round(value - shift![f]!))),
    );
    return [found];
  },

  moveRows(bench) {
    const { memory, kernels, n, d, rows, bytes } = bench;
    const given = rows.flat();
    const shift = bench.table(1)[0]!.map((value, f) => (f % 3 ? value : bench.round(Math.round(value))));
    const [x, shiftAt] = [bench.place(given), bench.place(shift)];
    const places = memory.space(n * d, 4);
    const kept = memory.space(n * d, bytes);
    const moved = given.map((value, i) => bench.round(value - shift[i % d]!));
    const lost = given.flatMap((value, i) =>
      Object.is(bench.round(moved[i]! + shift[i % d]!), value) ? [] : [{ i, value }],
    );
    const outputs = [
      { pointer: x, bytes: n * d * bytes },
      { pointer: places, bytes: lost.length * 4 },
      { pointer: kept, bytes: lost.length * bytes },
    ];
    expect(memory.run(outputs, () => kernels.moveRows(x, n, d, shiftAt, places, kept))).toBe(lost.length);
    const found = [bench.read(x, n * d), bench.readInt32(places, lost.length), bench.read(kept, lost.length)] as const;
    expectSame(found[0], moved);
    expect([...found[1]]).toEqual(lost.map(({ i }) => i));
    expectSame(
      found[2],
      lost.map(({ value }) => value),
    );
    return [...found];
  },

  normalise(bench) {
    const { memory, kernels, n, d, rows, x, stride } = bench;
    memory.run(bench.sampleRegions(), () => kernels.normalise(x, n, d, stride));
    const found = bench.readSamples();
    rows.forEach((row, i) => {
      // Values whose squares underflow are scaled first.
      const factor = inOrder(row.map((value) => value * value)) < 2 ** -800 ? 2 ** 512 : 1;
      const sqNorm = inOrder(row.map((value) => (value * factor) ** 2));
      const scaled = found.subarray(i * d, (i + 1) * d);
      expectSame(
        scaled,
        row.map((value) => (sqNorm === 0 ? value : bench.round((value * factor) / Math.sqrt(sqNorm)))),
      );
      if (sqNorm > 0) expectNear(Math.hypot(...scaled), 1, d * epsilon(bench.precision));
    });
    return [found];
  },
} satisfies KernelTests;
