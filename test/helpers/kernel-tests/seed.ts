import { closestBefore, expectSame, panelOf, placePanel, weightOf } from '../kernel-checks.js';
import { columnsOf, inOrder, orderedSqDistance, stripedSqDistance } from '../kernel-oracles.js';
import type { KernelTests } from '../kernel-table.js';

/** Kernels that choose the first centroids, and all distances of a panel. */
export const seedTests = {
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
} satisfies KernelTests;
