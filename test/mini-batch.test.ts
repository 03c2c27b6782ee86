import { describe, expect, it } from 'vitest';
import { init, KMeans, kmeans, MiniBatchKMeans, type MiniBatchKMeansOptions } from '../src/index.js';
import type { Batches } from '../src/types.js';
import { onEveryBackend } from './helpers/backends.js';
import { bits, hex } from './helpers/compare.js';
import { expectCode, rejectedCode } from './helpers/errors.js';
import { mulberry32, normal, problem, separated } from './helpers/problems.js';

const values = (model: MiniBatchKMeans) => model.centroids.map((row) => Array.from(row));
const copyOf = (model: MiniBatchKMeans) => MiniBatchKMeans.fromJSON(JSON.parse(JSON.stringify(model)));
/** All that a model tells but its labels. */
const text = (model: MiniBatchKMeans) => JSON.stringify(model);

const random = mulberry32(12);
const blobs = Array.from({ length: 4000 }, (_, i) => [12 * (i % 4) + normal(random), normal(random), normal(random)]);

onEveryBackend('MiniBatchKMeans', (ran) => {
  it('moves centroids to the mean of all they have seen', () => {
    const model = new MiniBatchKMeans({ k: 2, init: [0, 10], reassignmentRatio: 0 });
    expect(ran(model.partialFit([0, 2, 10, 12]))).toBe(model);
    expect(values(model)).toEqual([[1], [11]]);
    expect(Array.from(model.labels)).toEqual([0, 0, 1, 1]);
    expect(model.inertia).toBe(4);
    model.partialFit([4, 14, 14]);
    expect(values(model)).toEqual([[2], [12.5]]);
    expect(Array.from(model.counts)).toEqual([3, 4]);
    expect([model.nSteps, model.nSamples]).toEqual([2, 7]);
  });

  it('counts a weight of w as w copies, in the same step', () => {
    const options = { k: 2, init: [0, 10], reassignmentRatio: 0 };
    const weighted = new MiniBatchKMeans(options).partialFit({ data: [0, 2, 3, 12], sampleWeight: [3, 1, 0, 2] });
    const copies = new MiniBatchKMeans(options).partialFit([0, 0, 0, 2, 12, 12]);
    expect(values(weighted)).toEqual([[0.5], [12]]);
    expect(values(weighted)).toEqual(values(copies));
    expect(hex(weighted.counts)).toBe(hex(copies.counts));
    expect(weighted.inertia).toBe(copies.inertia);
  });

  it.each(['float32', 'float64'] as const)('the first step on all samples is one of Lloyd’s, %s', (precision) => {
    for (const metric of ['euclidean', 'cosine'] as const) {
      const { rows, start, weights } = problem(300, 6, 5, 'normal', precision, 2);
      const options = { init: start, metric, precision };
      const lloyd = kmeans(rows, 5, { ...options, maxIter: 1, emptyCluster: 'keep', sampleWeight: weights });
      const model = new MiniBatchKMeans({ k: 5, ...options, reassignmentRatio: 0 });
      model.partialFit({ data: rows, sampleWeight: weights });
      expect(model.centroids.map(hex)).toEqual(lloyd.centroids.map(hex));
      expect(hex(model.labels)).toBe(hex(lloyd.labels));
      expect(model.inertia).toBe(lloyd.inertia);
    }
  });

  it('moves starved centroids to samples, and lets them count as the poorest', () => {
    const rows = Array.from({ length: 100 }, (_, i) => [i % 10]);
    const far = { k: 3, init: [[2], [7], [1000]] };
    const kept = new MiniBatchKMeans({ ...far, reassignmentRatio: 0 }).partialFit(rows);
    expect(values(kept)[2]).toEqual([1000]);
    expect(kept.counts[2]).toBe(0);
    const model = ran(new MiniBatchKMeans(far).partialFit(rows));
    expect(rows.flat()).toContain(values(model)[2]![0]);
    expect(values(model).slice(0, 2)).toEqual(values(kept).slice(0, 2));
    expect(model.counts[2]).toBe(Math.min(model.counts[0]!, model.counts[1]!));
    expect(Array.from(model.labels)).toContain(2);
  });

  it('fit finds blobs, its labels are the nearest of its centroids, and it stops early', () => {
    const model = ran(new MiniBatchKMeans({ k: 4, batchSize: 100, seed: 1 }).fit(blobs));
    expect(Array.from(model.centroids, (row) => Math.abs(Math.round(row[0]! / 12))).sort()).toEqual([0, 1, 2, 3]);
    expect(hex(model.labels)).toBe(hex(model.predict(blobs)));
    expect(-model.score(blobs)).toBeCloseTo(model.inertia, 6);
    expect(model.inertia).toBeLessThan(1.03 * kmeans(blobs, 4).inertia);
    expect(model.converged).toBe(true);
    expect(model.nSteps).toBeLessThan(1000);
    expect(model.iterations).toBe(Math.ceil((model.nSteps * 100) / 4000));
    expect(model.algorithm).toBe('mini-batch');
  });

  it('draws so many samples at the most, and stops no earlier where it may not', () => {
    const options = { k: 4, batchSize: 128, maxIter: 2, maxNoImprovement: Infinity };
    const model = new MiniBatchKMeans(options).fit(blobs);
    expect([model.nSteps, model.converged]).toEqual([Math.floor((2 * 4000) / 128), false]);
    expect(model.counts.reduce((a, b) => a + b)).toBe(model.nSteps * 128);
  });

  it('stops where centroids hardly move, if it is told to', () => {
    const options = { k: 4, batchSize: 500, maxNoImprovement: Infinity, init: blobs.slice(0, 4) };
    const model = new MiniBatchKMeans({ ...options, tol: 0.1 }).fit(blobs);
    expect(model.converged).toBe(true);
    expect(model.nSteps).toBeLessThan(new MiniBatchKMeans({ ...options, tol: 1e-4 }).fit(blobs).nSteps);
  });

  it('goes by its seed, for every way to begin', () => {
    for (const init of ['k-means++', 'random', 'k-means||', 'afk-mc2', 'growing', () => blobs.slice(0, 4)] as const)
      for (const nInit of ['auto', 2] as const) {
        const options: MiniBatchKMeansOptions = { k: 4, init, nInit, batchSize: 50, initSize: 300, maxIter: 1 };
        const [a, b, c] = [7, 7, 8].map((seed) => new MiniBatchKMeans({ ...options, seed }).fit(blobs));
        expect(bits(ran(a!)), String(init)).toBe(bits(b!));
        expect(bits(a!), String(init)).not.toBe(bits(c!));
      }
  });

  it('keeps the best of several beginnings', () => {
    const { rows } = separated(300, 8, 2);
    const inertias = [1, 20].map((nInit) => {
      const options = { k: 8, init: 'random' as const, nInit, maxIter: 1, batchSize: 64, initSize: 64 };
      const fits = Array.from({ length: 8 }, (_, seed) => new MiniBatchKMeans({ ...options, seed }).fit(rows).inertia);
      return fits.reduce((a, b) => a + b);
    });
    expect(inertias[1]).toBeLessThan(inertias[0]!);
  });

  it('draws samples by their weights: those of weight 0 never', () => {
    const rows = Array.from({ length: 2000 }, (_, i) => [i % 2 === 0 ? (i % 20) / 10 : 1000 + i]);
    const sampleWeight = rows.map((_, i) => (i % 2 === 0 ? 5 : 0));
    const model = new MiniBatchKMeans({ k: 2, sampleWeight, batchSize: 100 }).fit(rows);
    for (const [value] of values(model)) expect(value).toBeLessThan(2);
    expect(model.inertia).toBeLessThan(5 * 1000);
    const seen = model.counts.reduce((a, b) => a + b);
    expect(seen).toBeCloseTo(2.5 * 100 * model.nSteps, 6);
  });

  it.each(['float32', 'float64'] as const)('from JSON, partialFit goes on as if nothing had been, %s', (precision) => {
    const batches = [0, 1, 2, 3, 4].map((i) => blobs.slice(700 * i, 700 * (i + 1)));
    // Many clusters for small batches: some starve, so that random numbers are drawn.
    const options = { k: 40, precision, seed: 5, reassignmentRatio: 0.3 };
    const whole = new MiniBatchKMeans(options);
    let part = new MiniBatchKMeans(options);
    for (const batch of batches) {
      whole.partialFit(batch);
      part = copyOf(part.partialFit(batch));
      expect(text(part)).toBe(text(whole));
      expect(hex(part.predict(blobs))).toBe(hex(whole.predict(blobs)));
    }
    expect(part.nSteps).toBe(5);
    const fitted = new MiniBatchKMeans({ ...options, maxIter: 1 }).fit(blobs);
    expect(text(copyOf(fitted).partialFit(batches[1]!))).toBe(text(fitted.partialFit(batches[1]!)));
  });

  it('goes on where KMeans stopped', () => {
    const exact = new KMeans({ k: 4 }).fit(blobs);
    const model = MiniBatchKMeans.fromJSON(exact.toJSON());
    expect(hex(model.predict(blobs))).toBe(hex(exact.labels));
    model.partialFit(blobs.slice(0, 100));
    expect(model.counts.reduce((a, b) => a + b)).toBe(4100);
  });

  it('fitStream is partialFit of its samples, whatever the batches', async () => {
    const options = { k: 7, batchSize: 300, initSize: 500, seed: 2 };
    const expected = new MiniBatchKMeans(options).partialFit(blobs.slice(0, 500));
    for (let from = 500; from < 4000; from += 300) expected.partialFit(blobs.slice(from, from + 300));
    for (const size of [1, 299, 300, 4000]) {
      const stream = async function* () {
        for (let from = 0; from < 4000; from += size) yield blobs.slice(from, from + size);
      };
      for (const source of [stream, stream()]) {
        const model = ran(await new MiniBatchKMeans(options).fitStream(source));
        expect(model.centroids.map(hex), `${size}`).toEqual(expected.centroids.map(hex));
        expect(hex(model.counts)).toBe(hex(expected.counts));
        expect([model.nSteps, model.nSamples, model.labels]).toEqual([13, 4000, undefined]);
      }
    }
  });

  it('fitStream takes weights with the batches', async () => {
    const sampleWeight = Array.from({ length: 2000 }, (_, i) => i % 3);
    const options = { k: 3, batchSize: 1000, initSize: 500 };
    const model = await new MiniBatchKMeans(options).fitStream([
      { data: blobs.slice(0, 1100), sampleWeight: sampleWeight.slice(0, 1100) },
      { data: blobs.slice(1100, 2000), sampleWeight: sampleWeight.slice(1100) },
    ]);
    const expected = new MiniBatchKMeans(options);
    for (const from of [0, 1000])
      expected.partialFit({
        data: blobs.slice(from, from + 1000),
        sampleWeight: sampleWeight.slice(from, from + 1000),
      });
    expect(values(model)).toEqual(values(expected));
  });

  it('finds the same far from the origin, and leaves its input alone', () => {
    const away = blobs.map((row) => row.map((value) => value + 2 ** 20));
    const frozen = Object.freeze(away.map((row) => Object.freeze(row))) as number[][];
    const model = new MiniBatchKMeans({ k: 4, seed: 3, precision: 'float64' }).fit(frozen);
    const near = new MiniBatchKMeans({ k: 4, seed: 3 }).fit(blobs);
    expect(hex(model.labels)).toBe(hex(near.labels));
  });

  it('tells of every step', () => {
    const told: number[] = [];
    const onProgress = ({ iteration, maxIter }: { iteration: number; maxIter: number }) => {
      told.push(iteration);
      expect(maxIter).toBe(4000);
    };
    const model = new MiniBatchKMeans({ k: 4, batchSize: 100, onProgress }).fit(blobs);
    expect(told).toEqual(Array.from({ length: model.nSteps }, (_, i) => i + 1));
  });
});

describe('MiniBatchKMeans on both backends', () => {
  it.each(['float32', 'float64'] as const)('gives the same bits, %s', (precision) => {
    const [first, second] = (['wasm', 'js'] as const).map((backend) => {
      init({ backend });
      const options = { precision, batchSize: 200, maxIter: 1, seed: 9, reassignmentRatio: 0.2 };
      const { rows, weights } = problem(1500, 6, 3, 'normal', precision, 4);
      const fits = [2, 30].map((k) => new MiniBatchKMeans({ k, ...options, sampleWeight: weights }).fit(rows));
      return fits.map((model) => bits(model.partialFit(rows.slice(0, 99)))).join();
    });
    init({ backend: 'auto' });
    expect(second).toBe(first);
  });
});

describe('what MiniBatchKMeans refuses', () => {
  const model = (options: object = {}) => new MiniBatchKMeans({ k: 2, ...options });

  it('bad options', () => {
    for (const options of [
      { batchSize: 0 },
      { batchSize: 1.5 },
      { maxNoImprovement: 0 },
      { initSize: -1 },
      { reassignmentRatio: -0.1 },
      { reassignmentRatio: '0.1' },
      { algorithm: 'lloyd' },
      { emptyCluster: 'keep' },
      { batchsize: 5 },
      { tol: -1 },
    ])
      expectCode(() => model(options), 'ERR_OPTION');
    expectCode(() => model({ k: 0 }), 'ERR_K');
  });

  it('bad data, and keeps what was fitted before', async () => {
    const fitted = model().fit(blobs);
    const before = text(fitted);
    const bad = blobs.map((row, i) => (i === 2000 ? [1, Number.NaN, 2] : row));
    expect(expectCode(() => fitted.fit(bad), 'ERR_NON_FINITE').message).toContain('row 2000, column 1');
    const error = await rejectedCode(fitted.fitStream([bad]), 'ERR_NON_FINITE');
    expect(error.message).toContain('row 2000, column 1');
    expectCode(() => fitted.partialFit([[1, Number.NaN, 2]]), 'ERR_NON_FINITE');
    expectCode(() => fitted.partialFit([[1, 2]]), 'ERR_FEATURES');
    expectCode(() => fitted.partialFit({ data: [[1, 2, 3]], sampleWeight: [1, 2] }), 'ERR_SAMPLE_WEIGHT');
    expectCode(() => fitted.fit([[1, 2, 3]]), 'ERR_K');
    await rejectedCode(fitted.fitStream([]), 'ERR_EMPTY_DATA');
    await rejectedCode(fitted.fitStream([[[1, 2, 3]]]), 'ERR_K');
    await rejectedCode(fitted.fitStream(5 as unknown as Batches), 'ERR_DATA_TYPE');
    expect(text(fitted)).toBe(before);
    expectCode(() => model({ init: [[1], [2]] }).fit(blobs), 'ERR_INIT_SHAPE');
    expectCode(() => model({ sampleWeight: [1] }).fit(blobs), 'ERR_SAMPLE_WEIGHT');
    await rejectedCode(model({ sampleWeight: [1] }).fitStream([blobs]), 'ERR_OPTION');
  });

  it('questions before a fit, and JSON of others', () => {
    for (const ask of ['predict', 'transform', 'score', 'nearest'] as const)
      expectCode(() => model()[ask](blobs), 'ERR_NOT_FITTED');
    expectCode(() => model().toJSON(), 'ERR_NOT_FITTED');
    for (const json of [{}, { ...new KMeans({ k: 2 }).fit([1, 2]).toJSON(), counts: [1] }])
      expectCode(() => MiniBatchKMeans.fromJSON(json), 'ERR_DATA_TYPE');
  });

  it('an aborted stream, with the reason', async () => {
    const signal = AbortSignal.abort('enough');
    await expect(model().fitStream([blobs], { signal })).rejects.toBe('enough');
  });
});
