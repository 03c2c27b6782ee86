import { expect } from 'vitest';
import { lloydAtOnce } from '../../../src/algorithms/at-once.js';
import { type Iteration, lloyd } from '../../../src/algorithms/lloyd.js';
import { runLayout } from '../../../src/backend/layout.js';
import { centroidStride, sumsEntryLength } from '../../../src/backend/shapes.js';
import type { NumericArray } from '../../../src/types.js';
import { exactQuotient, unitInLastPlace } from '../exact.js';
import {
  entryOf,
  expectExactSums,
  expectNear,
  expectSame,
  placeRun,
  placeSums,
  withoutPadding,
} from '../kernel-checks.js';
import { inOrder, square } from '../kernel-oracles.js';
import type { KernelTests } from '../kernel-table.js';

/** Kernels that move centroids. */
export const centroidsTests = {
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

  /** By way of the function that writes its plan: what Lloyd's algorithm leaves, an iteration at a time. */
  iterate(bench) {
    const { memory, centroids, shape } = bench;
    const mark = memory.workspace.mark();
    const limits = { maxIter: 1 + (shape.seed % 20), shiftTolerance: 0, emptyCluster: 'keep' } as const;
    const { run, outputs } = placeRun(bench);
    const parts = (['centroids', 'nextCentroids', 'counts', 'sqShifts', 'plan', 'start'] as const).map((name) => ({
      pointer: run.buffers[name],
      bytes: runLayout({ ...shape, precision: bench.precision, threads: 1 })[name],
    }));
    const outcome = (last: Iteration) => [
      run.labels().slice(),
      run.copyCentroids(),
      run.counts().slice(),
      Float64Array.of(last.iteration, last.changed, last.shift, Number(last.converged)),
    ];
    run.setCentroids(centroids.flat());
    const assignment = {
      restart() {},
      *assign() {
        yield* run.assign();
        return yield* run.accumulate();
      },
    };
    const slowly = () => {
      const iterations = lloyd(run, limits, assignment);
      let step = iterations.next();
      while (!step.done) step = iterations.next();
      return outcome(step.value);
    };
    const expected = slowly();
    run.setCentroids(centroids.flat());
    const last = memory.run([...outputs, ...parts], () => lloydAtOnce(run, limits));
    if (last) for (const [i, values] of outcome(last).entries()) expectSame(values, expected[i]!);
    else expectSame(run.copyCentroids(), centroids.flat());
    memory.workspace.backTo(mark);
    return expected;
  },
} satisfies KernelTests;
