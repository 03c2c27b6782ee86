import { CHUNK, type SeedBuffers, seedLayout } from '../../../src/backend/layout.js';
import { now } from '../../../src/backend/pass.js';
import { COLUMNS_MAX_D, centroidStride } from '../../../src/backend/shapes.js';
import { Samples } from '../../../src/data/samples.js';
import { prepareEstimates, quantiseCandidates } from '../../../src/seeding/estimates.js';
import { writeSeedPlan } from '../../../src/seeding/potential.js';
import type { Bench } from '../kernel-bench.js';
import { closestBefore, expectSame, least, panelOf, placePanel, weightOf } from '../kernel-checks.js';
import { columnsOf, inOrder, inStripes, orderedSqDistance, stripedSqDistance } from '../kernel-oracles.js';
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

  seedThresholds(bench) {
    const { memory, kernels, d, bytes, rows, centroids, precision } = bench;
    const seeds = rows.slice(0, 9);
    const at = bench.placeCentroids(seeds);
    const candidates = bench.placeCentroids(centroids);
    const thresholds = memory.space(seeds.length, bytes);
    memory.run([{ pointer: thresholds, bytes: seeds.length * bytes }], () =>
      kernels.seedThresholds(at, seeds.length, d, candidates, centroids.length, thresholds),
    );
    const found = bench.read(thresholds, seeds.length);
    const slack = (4 * d + 64) * (precision === 'float32' ? 2 ** -24 : 2 ** -53);
    const expected = seeds.map((seed) => {
      const nearest = Math.min(...centroids.map((c) => stripedSqDistance(seed, c, bench.round)));
      return bench.round(nearest * (0.25 * (1 - slack)) - 16 * d * least(precision));
    });
    expectSame(found, expected);
    return [found];
  },

  candidateGains(bench) {
    const { memory, kernels, n, rows, round } = bench;
    const seeds = Array.from({ length: 1 + bench.integer(5) }, () => rows[bench.integer(n)]!);
    const toSeeds = rows.map((row) => seeds.map((seed) => stripedSqDistance(row, seed, round)));
    const closest = toSeeds.map((distances) => Math.min(...distances));
    const { plan, outputs, candidates, improved, gains, before } = placeSeedPlan(bench, seeds, closest, toSeeds);
    for (let i = 0; i < n; i += CHUNK)
      memory.run(outputs, () => kernels.candidateGains(plan, i, Math.min(CHUNK, n - i)));
    const foundGains = bench.readFloat64(gains, before.length);
    const foundImproved = bench.readInt32(improved, n);
    const gain = (i: number, c: number[]) => Math.max(closest[i]! - stripedSqDistance(rows[i]!, c, round), 0);
    const expected = before.map((value, at) => {
      const i = CHUNK * Math.floor(at / candidates.length);
      const c = candidates[at % candidates.length]!;
      const gains = rows.slice(i, i + CHUNK).map((_, a) => weightOf(bench, i + a) * gain(i + a, c));
      return inOrder([value, inOrder([0, ...gains])]);
    });
    expectSame(foundGains, expected);
    expectSame(
      foundImproved,
      rows.map((_, i) => candidates.reduce((bits, c, t) => bits | (gain(i, c) > 0 ? 1 << t : 0), 0)),
    );
    return [foundGains, foundImproved];
  },

  takeSeed(bench) {
    const { memory, kernels, n, rows, bytes, round } = bench;
    const before = closestBefore(bench);
    const labels = before.map(() => [bench.integer(5)]);
    const { plan, candidates, improved, closest, nearest } = placeSeedPlan(bench, [rows[0]!], before, labels);
    const trial = bench.integer(candidates.length);
    const marks = before.map(() => bench.integer(2 ** candidates.length));
    memory.workspace.int32(improved, n).set(marks);
    memory.workspace.int32(nearest, n).fill(3);
    const sum = memory.run(
      [
        { pointer: closest, bytes: n * bytes },
        { pointer: nearest, bytes: n * 4 },
      ],
      () => kernels.takeSeed(plan, 0, n, trial, 7),
    );
    const marked = (i: number) => (marks[i]! >> trial) & 1;
    const expected = before.map((value, i) =>
      marked(i) ? stripedSqDistance(rows[i]!, candidates[trial]!, round) : value,
    );
    const found = bench.read(closest, n);
    const foundNearest = bench.readInt32(nearest, n);
    expectSame(found, expected);
    expectSame(
      foundNearest,
      rows.map((_, i) => (marked(i) ? 7 : 3)),
    );
    expectSame([sum], [inStripes(expected.map((value, i) => value * weightOf(bench, i)))]);
    return [found, foundNearest, Float64Array.of(sum)];
  },
} satisfies KernelTests;

/** Up to 24 centroids are candidates; half of the problems in rows have estimates. */
function placeSeedPlan(bench: Bench, seeds: number[][], closest: number[], toSeeds: number[][]) {
  const { memory, kernels, n, d, x, stride, rows, precision } = bench;
  const candidates = bench.centroids.slice(0, 24);
  const trials = candidates.length;
  const quantised = d > COLUMNS_MAX_D && bench.shape.seed % 2 === 0;
  const sizes = seedLayout({ n, d, k: seeds.length, precision, threads: 1, trials, quantised });
  const room = Object.fromEntries(
    Object.entries(sizes).map(([name, size]) => [name, memory.space(Math.ceil(size / 8), 8)]),
  ) as SeedBuffers;
  const samples = new Samples(memory.workspace, precision, n, d, x, stride, bench.placeWeights());
  const nearest = bench.placeInt32(toSeeds.map((distances) => distances.indexOf(Math.min(...distances))));
  const buffers = {
    closest: bench.place(closest),
    nearest,
    improved: memory.space(n, 4),
    seeds: bench.placeCentroids(seeds),
  };
  const row = centroidStride(d);
  const values = memory.workspace.floats(precision, room.candidates, trials * row).fill(0);
  writeSeedPlan(samples, room, buffers, trials, quantised);
  if (quantised) {
    const zeros = bench.placeInt32(rows.map(() => 0));
    now(prepareEstimates(samples, room, zeros));
  }
  candidates.forEach((c, t) => {
    values.set(c, t * row);
  });
  if (quantised) quantiseCandidates(samples, room, trials);
  kernels.seedThresholds(buffers.seeds, seeds.length, d, room.candidates, trials, room.thresholds);
  const before = Array.from({ length: Math.ceil(n / CHUNK) * trials }, () => bench.random());
  memory.workspace.float64(room.gains, before.length).set(before);
  const outputs = [
    { pointer: buffers.improved, bytes: n * 4 },
    { pointer: room.gains, bytes: before.length * 8 },
    { pointer: room.scratch, bytes: sizes.scratch },
  ];
  return { ...buffers, plan: room.plan, gains: room.gains, candidates, outputs, before };
}
