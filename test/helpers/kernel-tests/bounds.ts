import { expect } from 'vitest';
import { BoundedAssignment } from '../../../src/algorithms/bounded-assignment.js';
import { now } from '../../../src/backend/pass.js';
import { COLUMNS_MAX_D, quantisedRowBytes } from '../../../src/backend/shapes.js';
import type { NumericArray } from '../../../src/types.js';
import { expectNear, expectSame, inPanels, labelsOf, moveCentroids, orderOf, placeRun } from '../kernel-checks.js';
import { sqNorm, square } from '../kernel-oracles.js';
import type { KernelTests } from '../kernel-table.js';

/** Kernels of the algorithms with bounds. */
export const boundsTests = {
  packOrdered(bench) {
    const { memory, kernels, k, d, centroids, width, bytes, round } = bench;
    const panels = Math.ceil(k / width);
    const order = orderOf(bench, width);
    const length = panels * (2 + d) * width;
    const packed = memory.space(length, bytes);
    const from = bench.placeCentroids(centroids);
    const orderAt = bench.placeInt32(order);
    memory.run([{ pointer: packed, bytes: length * bytes }], () =>
      kernels.packOrdered(from, orderAt, panels, d, packed),
    );
    const found = bench.read(packed, length);
    const packedOf = (j: number) =>
      j < 0
        ? [-1, Infinity, ...Array<number>(d).fill(0)]
        : [j, sqNorm(centroids[j]!, round), ...centroids[j]!.map((value) => -2 * value)];
    // Where there is no centroid any zero will do.
    const inPlaces = found.map((value, at) =>
      order[Math.floor(at / ((2 + d) * width)) * width + (at % width)]! < 0 ? value + 0 : value,
    );
    expectSame(inPlaces, inPanels(order.map(packedOf), width));
    return [inPlaces];
  },

  quantise(bench) {
    const { memory, kernels, n, d, rows, bytes, round } = bench;
    const stride = d + bench.integer(3);
    const x = bench.place(rows.flatMap((row) => [...row, ...Array<number>(stride - d).fill(Number.NaN)]));
    const width = Math.ceil(d / 2) * 2;
    const quantised = memory.space(n * width, 2);
    const inverse = memory.space(n, 4);
    const sqNorms = memory.space(n, bytes);
    const lost = memory.place(new Float32Array(1));
    const outputs = [
      { pointer: quantised, bytes: n * width * 2 },
      { pointer: inverse, bytes: n * 4 },
      { pointer: sqNorms, bytes: n * bytes },
      { pointer: lost, bytes: 4 },
    ];
    memory.run(outputs, () => kernels.quantise(x, n, d, stride, quantised, inverse, sqNorms, lost));
    const values = bench.readInt16(quantised, n * width);
    const inverses = bench.readFloat32(inverse, n);
    rows.forEach((row, i) => {
      const rounded = values.subarray(i * width, (i + 1) * width);
      if (width > d) expect(rounded[d]).toBe(0);
      // Half a unit, and what float32 cannot tell apart.
      const slack = inverses[i]! * (0.5 + 32767 * 2 ** -22);
      row.forEach((value, f) => {
        expectNear(rounded[f]! * inverses[i]!, value, slack);
      });
      const length = Math.hypot(...rounded);
      if (length > 45000 + Math.sqrt(d)) expect.fail(`row ${i} is ${length} long, too long for dot products in i32`);
    });
    // What rounding takes from a sample at the most: bounds on estimates stand on it.
    const taken = rows.map((row, i) =>
      inverses[i]! > 0 ? Math.hypot(...row.map((value, f) => value / inverses[i]! - values[i * width + f]!)) : 0,
    );
    const [square] = bench.readFloat32(lost, 1);
    expect(Math.max(...taken)).toBeLessThanOrEqual(1.005 * Math.sqrt(square!) + 0.02);
    expect(Math.sqrt(square!)).toBeLessThanOrEqual(1.005 * Math.max(...taken) + 0.02);
    const found = bench.read(sqNorms, n);
    expectSame(
      found,
      rows.map((row) => round(sumOfSquares(row))),
    );
    return [values, inverses, found];
  },

  packQuantised(bench) {
    const { memory, kernels, d, centroids } = bench;
    const pairs = Math.ceil(d / 2);
    const order = orderOf(bench, 8);
    const greatest = Math.max(...centroids.flat().map(Math.abs));
    const longest = Math.max(...centroids.map((c) => Math.hypot(...c)));
    const scale = longest > 0 ? Math.min(45000 / longest, 32767 / greatest) : 1;
    const length = order.length * (2 + pairs);
    const packed = memory.space(length, 4);
    const rowLength = quantisedRowBytes(d) / 2;
    const rows = memory.space(bench.k * rowLength, 2);
    const from = bench.placeCentroids(centroids);
    const orderAt = bench.placeInt32(order);
    const outputs = [
      { pointer: packed, bytes: length * 4 },
      { pointer: rows, bytes: bench.k * rowLength * 2 },
    ];
    const sqError = memory.run(outputs, () =>
      kernels.packQuantised(from, orderAt, order.length, d, scale, packed, rows),
    );
    const found = bench.readInt32(packed, length);
    const floats = new Float32Array(found.buffer);
    const values = new Int16Array(found.buffer);
    const inRows = bench.readInt16(rows, bench.k * rowLength);
    const rowFloats = new Float32Array(inRows.buffer);
    let greatestError = 0;
    order.forEach((j, q) => {
      const at = Math.floor(q / 8) * 8 * (2 + pairs) + (q % 8);
      expectSame([floats[at]!, floats[at + 8]!], [j, j < 0 ? Infinity : Math.fround(sumOfSquares(centroids[j]!))]);
      const rounded = Array.from({ length: 2 * pairs }, (_, f) => values[2 * (at + (2 + (f >> 1)) * 8) + (f & 1)]!);
      const c = j < 0 ? [] : centroids[j]!;
      if (j >= 0) {
        expectSame(inRows.subarray(j * rowLength + 8, j * rowLength + 8 + rounded.length), rounded);
        expectSame([rowFloats[(j * rowLength) / 2]!], [floats[at + 8]!]);
      }
      rounded.forEach((value, f) => {
        expectNear(value, (c[f] ?? 0) * scale, 0.5);
      });
      greatestError = Math.max(greatestError, sumOfSquares(c.map((value, f) => value - rounded[f]! / scale)));
    });
    expectSame([sqError], [greatestError]);
    return [found, Float64Array.of(sqError)];
  },

  /** By way of the algorithm that writes its plan, over several moves of the centroids: labels are those of `assign`. */
  advance(bench) {
    const { memory, d, shape } = bench;
    const mark = memory.workspace.mark();
    const { run, outputs } = placeRun(bench);
    const assignment = new BoundedAssignment(run, {
      // With estimates, as many groups as centroids are bounds for each of them.
      groups: shape.seed % 3 === 0 ? bench.k : 1 + (shape.seed % 4),
      quantised: d > COLUMNS_MAX_D && shape.seed % 2 === 0,
      patient: false,
    });
    let centroids = bench.centroids;
    run.setCentroids(centroids.flat());
    now(run.restart());
    const found: NumericArray[] = [];
    for (const pace of [1, 0, 2 ** -16, 0.1, 0.01, 0.001]) {
      memory.run(outputs, () => now(assignment.assign(0)));
      const labels = run.labels().slice();
      expectSame(labels, labelsOf(bench, centroids));
      found.push(labels);

      centroids = moveCentroids(bench, run, centroids, pace);
    }
    memory.workspace.backTo(mark);
    return found;
  },

  shorten(bench) {
    const { memory, kernels, n, k, bytes, round } = bench;
    const from = bench.integer(n);
    const paths = Array.from({ length: k }, () => round(bench.integer(1000) / 7));
    const safe = Array.from({ length: n }, () => round(bench.integer(2000) / 11));
    const labels = safe.map(() => bench.integer(k));
    const safeAt = bench.place(safe);
    const plan = bench.placeInt32(Array<number>(44).fill(0));
    const addresses = memory.workspace.int32(plan, 44);
    addresses[9] = bench.placeInt32(labels);
    addresses[12] = safeAt;
    addresses[34] = bench.place(paths);
    memory.run([{ pointer: safeAt, bytes: n * bytes }], () => kernels.shorten(plan, from, n - from));
    const found = bench.read(safeAt, n);
    safe.forEach((value, i) => {
      const left = i < from ? value : value - paths[labels[i]!]!;
      // A label may be open too early, never too late.
      expect(found[i]).toBeLessThanOrEqual(Math.max(left, 0));
      expectNear(found[i]!, left, 2 ** (bytes === 4 ? -20 : -48) * (value + paths[labels[i]!]!));
    });
    return [found];
  },
} satisfies KernelTests;

/** Even and odd places apart. */
function sumOfSquares(values: readonly number[]): number {
  const sumOf = (parity: number) =>
    values.filter((_, f) => f % 2 === parity).reduce((sum, value) => sum + square(value), 0);
  return sumOf(0) + sumOf(1);
}
