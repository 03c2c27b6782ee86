import { expect } from 'vitest';
import {
  CHUNK,
  SEED_SCRATCH_BYTES,
  SEED_WIDENED_MIN_D,
  type SeedBuffers,
  seedLayout,
} from '../../../src/backend/layout.js';
import { now } from '../../../src/backend/pass.js';
import { COLUMNS_MAX_D, candidatePanelBytes, centroidStride } from '../../../src/backend/shapes.js';
import { roundSamples } from '../../../src/data/quantise.js';
import { Samples } from '../../../src/data/samples.js';
import { quantiseCandidates } from '../../../src/seeding/estimates.js';
import { writeSeedPlan } from '../../../src/seeding/potential.js';
import type { Bench } from '../kernel-bench.js';
import { closestBefore, expectNear, expectSame, least, panelOf, placePanel, weightOf } from '../kernel-checks.js';
import { columnsOf, inOrder, inStripes, orderedSqDistance, square, stripedSqDistance } from '../kernel-oracles.js';
import type { KernelTests } from '../kernel-table.js';

/** What is added to rounded samples, by a candidate whose first value is its only one, and so becomes 127. */
function offsetOf({ memory }: Bench): number {
  if (memory.backend.estimateBytes !== 1) return 0;
  const { workspace } = memory;
  const mark = workspace.mark();
  const room = workspace.take({ candidate: 64, panel: candidatePanelBytes(5, 1), measures: 24 }, 1);
  workspace.floats('float32', room.candidate, 8).fill(0);
  workspace.floats('float32', room.candidate, 1)[0] = 1;
  memory.backend.kernels.float32.packCandidates(room.candidate, 1, 5, room.panel, room.measures);
  workspace.backTo(mark);
  return -workspace.int32(room.panel, 1)[0]! / 127;
}

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

  /** The reference backend has no estimates; those of others take i16, or bytes with an offset of the samples. */
  packCandidates(bench) {
    const { memory, kernels, d, centroids } = bench;
    const { estimateBytes } = memory.backend;
    if (estimateBytes === 0) return [];
    const offset = offsetOf(bench);
    const candidates = bench.placeCentroids(centroids);
    const places = Math.ceil(centroids.length / 8) * 8;
    const bytes = candidatePanelBytes(d, estimateBytes);
    const packed = memory.space((places / 8) * (bytes / 4), 4);
    const measures = memory.space(3, 8);
    const outputs = [
      { pointer: packed, bytes: (places / 8) * bytes },
      { pointer: measures, bytes: 24 },
    ];
    memory.run(outputs, () => kernels.packCandidates(candidates, centroids.length, d, packed, measures));
    const [scale, norm, residual] = bench.readFloat64(measures, 3) as unknown as [number, number, number];
    const longest = Math.max(...centroids.map((c) => Math.sqrt(inOrder([0, ...c.map(square)]))));
    expectSame([norm], [longest]);
    if (!Number.isFinite(longest)) return [];
    const { buffer, byteOffset } = bench.readInt32(packed, (places / 8) * (bytes / 4));
    const found = new DataView(buffer, byteOffset);
    const perWord = 4 / estimateBytes;
    for (let j = 0; j < places; j++) {
      const head = (j >> 3) * bytes + (j & 7) * 4;
      const c = centroids[j] ?? [];
      const rounded = Array.from({ length: Math.ceil(d / perWord) * perWord }, (_, f) => {
        const at = head + 64 + Math.floor(f / perWord) * 32 + (f % perWord) * estimateBytes;
        return estimateBytes === 1 ? found.getInt8(at) : found.getInt16(at, true);
      });
      rounded.forEach((value, f) => {
        expectNear(value, (c[f] ?? 0) * scale, 0.5);
      });
      const sum = rounded.reduce((total, value) => total + value, 0);
      expect(found.getInt32(head, true) + 0).toBe(-offset * sum + 0);
      const sqNorm = j < centroids.length ? Math.fround(inOrder([0, ...c.map(square)])) : Infinity;
      expectSame([found.getFloat32(head + 32, true)], [sqNorm]);
      const lost = Math.hypot(...rounded.map((value, f) => (c[f] ?? 0) - value / scale));
      expect(lost).toBeLessThanOrEqual(residual * (1 + 1e-12) + 1e-150);
    }
    return [];
  },

  /** As above. */
  quantiseBlocks(bench) {
    const { memory, kernels, n, d, rows } = bench;
    const { estimateBytes } = memory.backend;
    if (d <= COLUMNS_MAX_D || estimateBytes === 0) return [];
    const { plan, room } = placeSeedPlan(bench, [rows[0]!], [], [], true);
    memory.workspace.floats(bench.precision, room.candidates, centroidStride(d)).fill(0);
    const perWord = 4 / estimateBytes;
    const words = Math.ceil(d / perWord);
    const length = Math.ceil(n / 8) * 8 * perWord * words;
    const isWide = estimateBytes === 2 && d < SEED_WIDENED_MIN_D;
    const offset = offsetOf(bench);
    const valueAt = (at: number) => (isWide ? values[at]! : ((values[at]! - offset) << 24) >> 24);
    const outputs = [
      { pointer: room.quantised, bytes: length * (isWide ? 2 : 1) },
      { pointer: room.scales, bytes: Math.ceil(n / CHUNK) * 12 },
      { pointer: room.sqNorms, bytes: n * bench.bytes },
    ];
    forChunks(n, (i, count) => memory.run(outputs, () => kernels.quantiseBlocks(plan, i, count)));
    const values = isWide ? bench.readInt16(room.quantised, length) : bench.readInt8(room.quantised, length);
    const scales = memory.workspace.floats('float32', room.scales, Math.ceil(n / CHUNK) * 3);
    rows.forEach((row, i) => {
      const [inverse, residual, longest] = scales.subarray(3 * (i >> 8)) as unknown as [number, number, number];
      if (inverse === Infinity) return;
      const at = (f: number) => (((i >> 3) * words + Math.floor(f / perWord)) * 8 + (i & 7)) * perWord + (f % perWord);
      const rounded = row.map((_, f) => valueAt(at(f)) * inverse);
      // Half a unit, and what float32 cannot tell apart.
      row.forEach((value, f) => {
        expectNear(rounded[f]!, value, inverse * (0.5 + 32767 * 2 ** -22));
      });
      if (d % perWord > 0) expect(valueAt(at(d))).toBe(0);
      // What is shorter than 1e-22 counts as nothing in float32.
      expect(Math.hypot(...row.map((value, f) => value - rounded[f]!))).toBeLessThanOrEqual(residual + 1e-22);
      expect(Math.hypot(...rounded)).toBeLessThanOrEqual(longest * (1 + 2 ** -22));
      if (estimateBytes === 2) expect(longest / inverse).toBeLessThan(23170 * 1.01 + Math.sqrt(d));
      else if (offset === 64) for (let f = 0; f < d; f++) expect(values[at(f)]!).toBeGreaterThanOrEqual(0);
    });
    return [];
  },

  candidateGains(bench) {
    const { memory, kernels, n, rows, round } = bench;
    const seeds = Array.from({ length: 1 + bench.integer(5) }, () => rows[bench.integer(n)]!);
    const toSeeds = rows.map((row) => seeds.map((seed) => stripedSqDistance(row, seed, round)));
    const closest = toSeeds.map((distances) => Math.min(...distances));
    const { plan, outputs, candidates, improved, gains, before } = placeSeedPlan(bench, seeds, closest, toSeeds);
    forChunks(n, (i, count) => memory.run(outputs, () => kernels.candidateGains(plan, i, count)));
    const foundGains = bench.readFloat64(gains, before.length);
    const gain = (i: number, c: number[]) => Math.max(closest[i]! - stripedSqDistance(rows[i]!, c, round), 0);
    const expected = before.map((value, at) => {
      const i = CHUNK * Math.floor(at / candidates.length);
      const c = candidates[at % candidates.length]!;
      const gains = rows.slice(i, i + CHUNK).map((_, a) => weightOf(bench, i + a) * gain(i + a, c));
      return inOrder([value, inOrder([0, ...gains])]);
    });
    expectSame(foundGains, expected);
    const found: Int32Array[] = [];
    forChunks(n, (i, count) => {
      const hits = rows
        .slice(i, i + count)
        .map((_, a) => candidates.reduce((bits, c, t) => bits | (gain(i + a, c) > 0 ? 256 << t : 0), 0));
      const expected = hits.flatMap((bits, a) => (bits ? [bits + a] : []));
      if (expected.length < count) expected.push(0);
      const list = bench.readInt32(improved + i * 4, expected.length);
      expectSame(list, expected);
      found.push(list);
    });
    return [foundGains, ...found];
  },

  takeSeed(bench) {
    const { memory, kernels, n, rows, bytes, round } = bench;
    const before = closestBefore(bench);
    const labels = before.map(() => [bench.integer(5)]);
    const { plan, candidates, improved, closest, nearest, room } = placeSeedPlan(bench, [rows[0]!], before, labels);
    const trial = bench.integer(candidates.length);
    const marks = before.map(() => (bench.integer(3) ? bench.integer(2 ** candidates.length) : 0));
    memory.workspace.int32(nearest, n).fill(3);
    const marked = (i: number) => (marks[i]! >> trial) & 1;
    const expected = before.map((value, i) =>
      marked(i) ? stripedSqDistance(rows[i]!, candidates[trial]!, round) : value,
    );
    const outputs = [
      { pointer: closest, bytes: n * bytes },
      { pointer: nearest, bytes: n * 4 },
      { pointer: room.limits, bytes: n * 4 },
      { pointer: room.scratch, bytes: SEED_SCRATCH_BYTES },
    ];
    const sums: number[] = [];
    forChunks(n, (i, count) => {
      const entries = marks.slice(i, i + count).flatMap((bits, a) => (bits ? [(bits << 8) + a] : []));
      memory.workspace.int32(improved + i * 4, count).set([...entries, 0].slice(0, count));
      const known = before.slice(i, i + count).map((value, a) => value * weightOf(bench, i + a));
      memory.workspace.float64(room.potentials + (i / CHUNK) * 8, 1)[0] = inStripes(known);
      const sum = memory.run(outputs, () => kernels.takeSeed(plan, i, count, trial, 7));
      const values = expected.slice(i, i + count).map((value, a) => value * weightOf(bench, i + a));
      expectSame([sum], [inStripes(values)]);
      sums.push(sum);
    });
    const found = bench.read(closest, n);
    const foundNearest = bench.readInt32(nearest, n);
    expectSame(found, expected);
    expectSame(
      foundNearest,
      rows.map((_, i) => (marked(i) ? 7 : 3)),
    );
    return [found, foundNearest, Float64Array.from(sums)];
  },
} satisfies KernelTests;

function forChunks(n: number, work: (from: number, count: number) => unknown): void {
  for (let i = 0; i < n; i += CHUNK) work(i, Math.min(CHUNK, n - i));
}

/**
 * Up to 24 centroids are candidates; half of the problems in rows have estimates, with limits that the distances to the seeds
 * have set, and half of these no thresholds.
 */
function placeSeedPlan(
  bench: Bench,
  seeds: number[][],
  closest: number[],
  toSeeds: number[][],
  wanted = bench.d > COLUMNS_MAX_D && bench.shape.seed % 2 === 0,
) {
  const { memory, kernels, n, d, x, stride, precision } = bench;
  const estimateBytes = wanted ? memory.backend.estimateBytes : 0;
  const quantised = estimateBytes > 0;
  const candidates = bench.centroids.slice(0, 24);
  const trials = candidates.length;
  const sizes = seedLayout({ n, d, k: seeds.length, precision, threads: 1, trials, estimateBytes });
  const room = Object.fromEntries(
    Object.entries(sizes).map(([name, size]) => [name, memory.space(Math.ceil(size / 8), 8)]),
  ) as SeedBuffers;
  const samples = new Samples(memory.workspace, precision, n, d, x, stride, bench.placeWeights());
  const nearest = toSeeds.map((distances) => distances.indexOf(Math.min(...distances)));
  const buffers = {
    closest: bench.place(closest),
    nearest: bench.placeInt32(nearest),
    improved: memory.space(n, 4),
    seeds: bench.placeCentroids(seeds),
  };
  const place = (rows: number[][]) => {
    const values = memory.workspace.floats(precision, room.candidates, trials * centroidStride(d)).fill(0);
    rows.forEach((row, t) => {
      values.set(row, t * centroidStride(d));
    });
  };
  place([]);
  writeSeedPlan(samples, room, buffers, trials, quantised);
  if (quantised && nearest.length > 0) {
    now(roundSamples(samples, room.plan, room.candidates));
    seeds.forEach((seed, s) => {
      place([seed]);
      quantiseCandidates(samples, room, 1, true);
      forChunks(n, (i, count) => {
        const own = nearest.slice(i, i + count).flatMap((label, a) => (label === s ? [256 + a] : []));
        memory.workspace.int32(buffers.improved + i * 4, count).set([...own, 0].slice(0, count));
        kernels.takeSeed(room.plan, i, count, 0, s);
      });
    });
    memory.workspace.floats(precision, buffers.closest, n).set(closest);
  }
  place(candidates);
  if (quantised && nearest.length > 0) quantiseCandidates(samples, room, trials, bench.shape.seed % 4 > 0);
  kernels.seedThresholds(buffers.seeds, seeds.length, d, room.candidates, trials, room.thresholds);
  const before = Array.from({ length: Math.ceil(n / CHUNK) * trials }, () => bench.random());
  memory.workspace.float64(room.gains, before.length).set(before);
  const outputs = [
    { pointer: buffers.improved, bytes: n * 4 },
    { pointer: room.gains, bytes: before.length * 8 },
    { pointer: room.scratch, bytes: sizes.scratch },
  ];
  return { ...buffers, plan: room.plan, room, gains: room.gains, candidates, outputs, before };
}
