import { expect } from 'vitest';
import { EstimatedAssignment } from '../../../src/algorithms/estimated-assignment.js';
import { estimatedLayout, roundedLayout } from '../../../src/backend/layout.js';
import { now } from '../../../src/backend/pass.js';
import { COLUMNS_MAX_D, packedLength } from '../../../src/backend/shapes.js';
import { expectNear, expectSame, labelsOf, least, packedCentroids, placeRun, weightOf } from '../kernel-checks.js';
import { indexOfLeast, inStripes, plainSqDistance, score, stripedSqDistance } from '../kernel-oracles.js';
import type { KernelTests } from '../kernel-table.js';
import { epsilon } from '../rounding.js';

/** Kernels that label samples and measure how far they are off. */
export const assignTests = {
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
    const { memory, rows, centroids, n, d } = bench;
    const found = labelsOf(bench, centroids);
    if (memory.backend.name !== 'wasm-relaxed-simd')
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

  /** By way of the class that writes its plan; beyond the columns. */
  assignEstimated(bench) {
    const { memory, d, n, precision, centroids, shape } = bench;
    if (d <= COLUMNS_MAX_D) return [];
    const mark = memory.workspace.mark();
    const { run, outputs } = placeRun(bench);
    const sizes = { ...shape, precision, threads: 1, estimateBytes: memory.backend.estimateBytes };
    const room = memory.workspace.take({ ...estimatedLayout(sizes), ...roundedLayout(sizes) }, n);
    const assignment = new EstimatedAssignment(run, room);
    const found: Int32Array[] = [];
    for (const some of [centroids, bench.table(bench.k)]) {
      run.setCentroids(some.flat());
      now(run.restart());
      now(assignment.prepare());
      run.labels().fill(-1);
      expect(memory.run(outputs, () => now(assignment.assign()))).toBe(n);
      const labels = run.labels().slice();
      if (memory.backend.name !== 'wasm-relaxed-simd') expectSame(labels, labelsOf(bench, some));
      found.push(labels);
    }
    memory.workspace.backTo(mark);
    return found;
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
    expectSame([found], [inStripes(rows.map((row, i) => row[0]! * weightOf(bench, i)))]);
    return [Float64Array.of(found)];
  },
} satisfies KernelTests;
