import { expect } from 'vitest';
import { BoundedAssignment } from '../../src/algorithms/bounded-assignment.js';
import type { KernelName } from '../../src/backend/backend.js';
import { COLUMNS_MAX_D, centroidStride, packedLength, sumsEntryLength } from '../../src/backend/shapes.js';
import type { NumericArray } from '../../src/types.js';
import { exactQuotient, exactSum, unitInLastPlace } from './exact.js';
import type { Bench } from './kernel-bench.js';
import {
  closestBefore,
  entryOf,
  expectExactSums,
  expectNear,
  expectSame,
  inPanels,
  labelsOf,
  least,
  orderOf,
  packedCentroids,
  panelOf,
  placePanel,
  placeRun,
  placeSums,
  weightOf,
  withoutPadding,
  writeNext,
} from './kernel-checks.js';
import {
  columnsOf,
  indexOfLeast,
  inOrder,
  inStripes,
  orderedSqDistance,
  plainSqDistance,
  score,
  sqNorm,
  square,
  stripedSqDistance,
} from './kernel-oracles.js';
import { epsilon } from './rounding.js';

/**
 * Runs a kernel on a problem, compares what it wrote with an oracle that knows plain arrays only, and returns it: every
 * backend has to write the same bytes.
 */
type KernelTest = (bench: Bench) => NumericArray[];

/** One test for every kernel: a new kernel does not compile without its own. */
export const kernelTests: Record<KernelName, KernelTest> = {
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

  addFeatureSums(bench) {
    const { memory, kernels, n, d, rows, x, stride } = bench;
    const before = Array.from({ length: d }, () => bench.random());
    const sums = bench.placeFloat64(before);
    memory.run([{ pointer: sums, bytes: d * 8 }], () => kernels.addFeatureSums(x, n, d, stride, sums));
    const found = bench.readFloat64(sums, d);
    const columns = columnsOf(rows, d);
    expectSame(
      found,
      columns.map((column, f) => before[f]! + inStripes(column)),
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
      ...columns.map((column, f) => before[f]! + inStripes(column.map((v) => (v - means[f]!) * (v - means[f]!)))),
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

  normalise(bench) {
    const { memory, kernels, n, d, rows, x, stride } = bench;
    memory.run(bench.sampleRegions(), () => kernels.normalise(x, n, d, stride));
    const found = bench.readSamples();
    rows.forEach((row, i) => {
      const sqNorm = inOrder(row.map((value) => value * value));
      const scaled = found.subarray(i * d, (i + 1) * d);
      expectSame(
        scaled,
        row.map((value) => (sqNorm === 0 ? value : bench.round(value / Math.sqrt(sqNorm)))),
      );
      if (sqNorm > 2 ** -900) expectNear(Math.hypot(...scaled), 1, d * epsilon(bench.precision));
    });
    return [found];
  },

  pack(bench) {
    const { memory, kernels, k, d, centroids, bytes, precision } = bench;
    const length = packedLength(k, d, precision);
    const packed = memory.space(length, bytes);
    const from = bench.placeCentroids(centroids);
    memory.run([{ pointer: packed, bytes: length * bytes }], () => kernels.pack(from, k, d, packed));
    const found = bench.read(packed, length);
    expectSame(found, packedCentroids(bench));
    return [found];
  },

  assign(bench) {
    const { rows, centroids, n, d } = bench;
    const found = labelsOf(bench, centroids);
    expectSame(
      found,
      rows.map((row) => indexOfLeast(centroids.map((c) => score(row, c, bench.round)))),
    );
    rows.forEach((row, i) => {
      const sqDistances = centroids.map((c) => plainSqDistance(row, c));
      const reach = 2 * Math.max(...[row, ...centroids].map((v) => Math.hypot(...v)));
      const slack = 4 * (d + 4) * (epsilon(bench.precision) * reach ** 2 + least(bench.precision));
      expectNear(sqDistances[found[i]!]!, Math.min(...sqDistances), slack);
    });
    expect(found.length).toBe(n);
    return [found];
  },

  sqDistances(bench) {
    const { memory, kernels, n, d, rows, centroids, x, stride, bytes } = bench;
    const labels = bench.labels();
    const from = bench.placeCentroids(centroids);
    const labelsAt = bench.placeInt32(labels);
    const distances = memory.space(n, bytes);
    memory.run([{ pointer: distances, bytes: n * bytes }], () =>
      kernels.sqDistances(x, n, d, stride, from, labelsAt, distances),
    );
    const found = bench.read(distances, n);
    const pairs = rows.map((row, i) => [row, centroids[labels[i]!]!] as const);
    expectSame(
      found,
      pairs.map(([row, c]) => stripedSqDistance(row, c, bench.round)),
    );
    pairs.forEach(([row, c], i) => {
      const exact = plainSqDistance(row, c);
      const slack = (d + 4) * (epsilon(bench.precision) * exact + least(bench.precision));
      expectNear(found[i]!, exact, slack);
    });
    return [found];
  },

  weightedSum(bench) {
    const { memory, kernels, n, rows } = bench;
    const values = bench.place(rows.map((row) => row[0]!));
    const weights = bench.placeWeights();
    const found = memory.run([], () => kernels.weightedSum(values, n, weights));
    expectSame([found], [inOrder(rows.map((row, i) => row[0]! * weightOf(bench, i)))]);
    return [Float64Array.of(found)];
  },

  accumulate(bench) {
    const { memory, kernels, n, d, k, x, stride } = bench;
    const entry = sumsEntryLength(d);
    const sums = placeSums(bench);
    const weights = bench.placeWeights();
    const previous = bench.placeInt32(Array(n).fill(-1));
    const outputs = [
      { pointer: previous, bytes: n * 4 },
      { pointer: sums + entry * 8, bytes: k * entry * 8 },
    ];
    const first = bench.labels();
    const second = first.map((label) => (bench.random() < 0.3 ? bench.integer(k) : label));
    const found: NumericArray[] = [];
    let before = Array<number>(n).fill(-1);
    for (const labels of [first, second]) {
      const labelsAt = bench.placeInt32(labels);
      const changed = memory.run(outputs, () => kernels.accumulate(x, n, d, stride, labelsAt, previous, sums, weights));
      expect(changed).toBe(labels.filter((label, i) => label !== before[i]).length);
      expectSame(bench.readInt32(previous, n), labels);
      expectExactSums(bench, sums, labels);
      before = labels;
      found.push(Int32Array.of(changed), withoutPadding(bench, sums));
    }
    return found;
  },

  moveCentroids(bench) {
    const { memory, kernels, k, d, bytes, precision, centroids } = bench;
    const sums = placeSums(bench);
    const v = memory.workspace.float64(sums, (k + 1) * sumsEntryLength(d));
    const oldAt = bench.placeCentroids(centroids);
    const nextAt = bench.placeCentroids(centroids.map((row) => row.map(() => 0)));
    const counts = memory.space(k, 8);
    const expected = centroids.map((row, j) => {
      const count = j % 5 === 2 ? 0 : 1 + bench.integer(1000) + (bench.weights ? bench.random() : 0);
      const at = entryOf(bench, j);
      v[at.counts] = count;
      v[at.counts + 1] = count && bench.random() * 2 ** -60;
      return row.map((value, f) => {
        v[at.high + f] = count * value;
        v[at.low + f] = value * bench.random() * 2 ** -45;
        return count === 0 ? value : exactQuotient([v[at.high + f]!, v[at.low + f]!], count);
      });
    });
    const outputs = [...bench.regions(nextAt, k, centroidStride(d), d), { pointer: counts, bytes: k * 8 }];
    memory.run(outputs, () => kernels.moveCentroids(sums, k, d, oldAt, nextAt, counts));

    const found = bench.read(nextAt, k * centroidStride(d));
    expected.forEach((row, j) => {
      row.forEach((value, f) => {
        expectNear(found[j * centroidStride(d) + f]!, value, unitInLastPlace(value, precision));
      });
      expect(bench.readFloat64(counts, k)[j]).toBe(v[entryOf(bench, j).counts]);
    });
    expect(bytes).toBe(found.BYTES_PER_ELEMENT);
    return [found, bench.readFloat64(counts, k)];
  },

  sqShifts(bench) {
    const { memory, kernels, k, d, centroids } = bench;
    const moved = bench.table(k);
    const before = bench.placeCentroids(centroids);
    const after = bench.placeCentroids(moved);
    const out = memory.space(k, 8);
    memory.run([{ pointer: out, bytes: k * 8 }], () => kernels.sqShifts(before, after, k, d, out));
    const found = bench.readFloat64(out, k);
    expectSame(
      found,
      centroids.map((row, j) => inOrder(row.map((value, f) => square(moved[j]![f]! - value)))),
    );
    return [found];
  },

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
    const { memory, kernels, n, d, rows } = bench;
    const stride = d + bench.integer(3);
    const x = bench.place(rows.flatMap((row) => [...row, ...Array<number>(stride - d).fill(Number.NaN)]));
    const width = Math.ceil(d / 2) * 2;
    const quantised = memory.space(n * width, 2);
    const inverse = memory.space(n, 4);
    const outputs = [
      { pointer: quantised, bytes: n * width * 2 },
      { pointer: inverse, bytes: n * 4 },
    ];
    memory.run(outputs, () => kernels.quantise(x, n, d, stride, quantised, inverse));
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
    return [values, inverses];
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
    const from = bench.placeCentroids(centroids);
    const orderAt = bench.placeInt32(order);
    const sqError = memory.run([{ pointer: packed, bytes: length * 4 }], () =>
      kernels.packQuantised(from, orderAt, order.length, d, scale, packed),
    );
    const found = bench.readInt32(packed, length);
    const floats = new Float32Array(found.buffer);
    const values = new Int16Array(found.buffer);
    let greatestError = 0;
    order.forEach((j, q) => {
      const at = Math.floor(q / 8) * 8 * (2 + pairs) + (q % 8);
      expectSame(
        [floats[at]!, floats[at + 8]!],
        [j, j < 0 ? Infinity : Math.fround(inOrder([0, ...centroids[j]!.map(square)]))],
      );
      const rounded = Array.from({ length: 2 * pairs }, (_, f) => values[2 * (at + (2 + (f >> 1)) * 8) + (f & 1)]!);
      const c = j < 0 ? [] : centroids[j]!;
      rounded.forEach((value, f) => {
        expectNear(value, (c[f] ?? 0) * scale, 0.5);
      });
      greatestError = Math.max(
        greatestError,
        inOrder([0, ...c.map((value, f) => square(value - rounded[f]! / scale))]),
      );
    });
    expectSame([sqError], [greatestError]);
    return [found, Float64Array.of(sqError)];
  },

  /** By way of the algorithm that writes its plan, over several moves of the centroids: labels are those of `assign`. */
  advance(bench) {
    const { memory, d, k, shape } = bench;
    const mark = memory.workspace.mark();
    const { run, outputs } = placeRun(bench);
    const assignment = new BoundedAssignment(run, 1 + (shape.seed % 4), d > COLUMNS_MAX_D && shape.seed % 2 === 0);
    let centroids = bench.centroids;
    run.setCentroids(centroids.flat());
    const found: NumericArray[] = [];
    for (const pace of [1, 0, 2 ** -16, 0.1, 0.01, 0.001]) {
      memory.run(outputs, () => assignment.assign());
      const labels = run.labels().slice();
      expectSame(labels, labelsOf(bench, centroids));
      found.push(labels);

      const moves = bench.table(k);
      centroids = centroids.map((row, j) => row.map((value, f) => bench.round(value + pace * moves[j]![f]!)));
      writeNext(run, centroids);
      run.shift();
      run.swap();
    }
    memory.workspace.backTo(mark);
    return found;
  },

  packDirect(bench) {
    const { memory, kernels, d, width, bytes } = bench;
    const count = Math.min(bench.k, width);
    const from = bench.placeCentroids(bench.centroids.slice(0, count));
    const panel = memory.space(d * width, bytes);
    memory.run([{ pointer: panel, bytes: d * 32 }], () => kernels.packDirect(from, count, d, panel));
    const found = bench.read(panel, d * width);
    expectSame(found, columnsOf(panelOf(bench), d).flat());
    return [found];
  },

  panelDistances(bench) {
    const { memory, kernels, n, d, rows, x, stride, width, bytes } = bench;
    const outStride = width + bench.integer(3) * bench.integer(9);
    const panel = placePanel(bench);
    const distances = memory.space(n * outStride, bytes);
    memory.run(bench.regions(distances, n, outStride, width), () =>
      kernels.panelDistances(x, n, d, stride, panel, distances, outStride),
    );
    const found = rows.map((_, i) => bench.read(distances + i * outStride * bytes, width));
    rows.forEach((row, i) => {
      expectSame(
        found[i]!,
        panelOf(bench).map((c) => orderedSqDistance(row, c, bench.round)),
      );
    });
    return found;
  },

  updateClosest(bench) {
    const { memory, kernels, n, d, rows, x, stride, bytes } = bench;
    const [seed] = bench.centroids;
    const before = closestBefore(bench);
    const closest = bench.place(before);
    const centroid = bench.placeCentroids([seed!]);
    const weights = bench.placeWeights();
    const sum = memory.run([{ pointer: closest, bytes: n * bytes }], () =>
      kernels.updateClosest(x, n, d, stride, centroid, closest, weights),
    );
    const found = bench.read(closest, n);
    const expected = rows.map((row, i) => Math.min(before[i]!, stripedSqDistance(row, seed!, bench.round)));
    expectSame(found, expected);
    expectSame([sum], [inOrder(expected.map((value, i) => value * weightOf(bench, i)))]);
    return [found, Float64Array.of(sum)];
  },

  candidatePotentials(bench) {
    const { memory, kernels, n, d, rows, x, stride, width } = bench;
    const before = Array.from({ length: width }, () => bench.random());
    const closest = closestBefore(bench);
    const closestAt = bench.place(closest);
    const weights = bench.placeWeights();
    const panel = placePanel(bench);
    const potentials = bench.placeFloat64(before);
    memory.run([{ pointer: potentials, bytes: width * 8 }], () =>
      kernels.candidatePotentials(x, n, d, stride, panel, closestAt, weights, potentials),
    );
    const found = bench.readFloat64(potentials, width);
    const left = (c: number[]) =>
      rows.map((row, i) => weightOf(bench, i) * Math.min(closest[i]!, orderedSqDistance(row, c, bench.round)));
    expectSame(
      found,
      panelOf(bench).map((c, lane) => inOrder([before[lane]!, ...left(c)])),
    );
    return [found];
  },
};
