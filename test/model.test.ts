import { describe, expect, it } from 'vitest';
import { KMeans, kmeans } from '../src/index.js';
import { onEveryBackend } from './helpers/backends.js';
import { bits, expectClose, hex } from './helpers/compare.js';
import { expectCode } from './helpers/errors.js';
import { mulberry32, normal, separated } from './helpers/problems.js';

const random = mulberry32(77);
const rows = Array.from({ length: 200 }, () => [normal(random), 3 * normal(random)]);
const fresh = Array.from({ length: 50 }, () => [normal(random), 3 * normal(random)]);
const options = { seed: 4, tol: 0 };

onEveryBackend('KMeans', (ran) => {
  it('fit returns the model, with the result’s fields on it', () => {
    const model = new KMeans({ k: 4, ...options });
    const expected = ran(kmeans(rows, 4, options));
    expect(model.fit(rows)).toBe(model);
    expect(bits(model as never)).toBe(bits(expected));
    for (const field of ['k', 'nSamples', 'nFeatures', 'seed', 'algorithm', 'backend', 'threads', 'converged'] as const)
      expect(model[field], field).toBe(expected[field]);
  });

  it('predict, nearest and transform are the result’s', () => {
    const model = new KMeans({ k: 4, ...options }).fit(rows);
    const result = kmeans(rows, 4, options);
    expect(hex(model.predict(fresh))).toBe(hex(result.predict(fresh)));
    expect(hex(model.transform(fresh))).toBe(hex(result.transform(fresh)));
    expect(hex(model.predict(rows))).toBe(hex(result.labels));
  });

  it('fitPredict fits and returns the labels', () => {
    const model = new KMeans({ k: 3, ...options });
    expect(hex(model.fitPredict(rows))).toBe(hex(kmeans(rows, 3, options).labels));
    expect(model.inertia).toBe(kmeans(rows, 3, options).inertia);
  });

  it('score is −inertia, of old samples and of new', () => {
    const model = new KMeans({ k: 4, ...options }).fit(rows);
    expectClose([model.score(rows)], [-kmeans(rows, 4, options).inertia], 1e-12);
    const squares = Array.from(kmeans(rows, 4, options).nearest(fresh).distances, (distance) => distance ** 2);
    expectClose([model.score(fresh)], [-squares.reduce((a, b) => a + b, 0)], 1e-12);
  });

  it('more iterations score better', () => {
    const [few, many] = [1, 10].map((maxIter) => new KMeans({ k: 5, init: rows.slice(0, 5), maxIter }).fit(rows));
    expect(many!.score(rows)).toBeGreaterThan(few!.score(rows));
  });

  it('fitting again forgets what was before', () => {
    const model = new KMeans({ k: 2, ...options }).fit(rows);
    const { rows: others } = separated(5, 2, 3);
    model.fit(others);
    expect(bits(model as never)).toBe(bits(kmeans(others, 2, options)));
    expectCode(() => model.predict(fresh), 'ERR_FEATURES');
  });

  it('a fit that fails leaves the model as it was', () => {
    const model = new KMeans({ k: 2, ...options }).fit(rows);
    const before = bits(model as never);
    expectCode(() => model.fit([[Number.NaN, 1]]), ['ERR_NON_FINITE', 'ERR_K']);
    expect(bits(model as never)).toBe(before);
    expect(hex(model.predict(rows))).toBe(hex(kmeans(rows, 2, options).labels));
  });

  it('weights and flat data go through the options', () => {
    const sampleWeight = rows.map((_, i) => 1 + (i % 3));
    const weighted = new KMeans({ k: 3, ...options, sampleWeight, nFeatures: 2 }).fit(Float64Array.from(rows.flat()));
    expect(bits(weighted as never)).toBe(bits(kmeans(rows, 3, { ...options, sampleWeight })));
  });

  it('the options object can change afterwards', () => {
    const mine = { k: 2, seed: 1 };
    const model = new KMeans(mine);
    mine.k = 5;
    expect(model.fit(rows).k).toBe(2);
  });

  describe.each(['euclidean', 'cosine'] as const)('JSON, %s', (metric) => {
    it.each(['float32', 'float64'] as const)('and back, %s: the same predictions', (precision) => {
      const model = new KMeans({ k: 4, ...options, metric, precision }).fit(rows);
      const text = JSON.stringify(model);
      const copy = KMeans.fromJSON(JSON.parse(text));
      expect(copy).toBeInstanceOf(KMeans);
      expect(hex(copy.predict(fresh))).toBe(hex(model.predict(fresh)));
      expect(hex(copy.transform(fresh))).toBe(hex(model.transform(fresh)));
      expect(copy.score(fresh)).toBe(model.score(fresh));
      expect(JSON.stringify(copy)).toBe(text);
      expect(hex(copy.fit(rows).labels)).toHaveLength(2 * 4 * rows.length);
    });
  });

  it('before a fit, what needs one throws', () => {
    const model = new KMeans({ k: 2 });
    for (const ask of ['predict', 'transform', 'score', 'nearest'] as const) {
      const error = expectCode(() => model[ask](rows), 'ERR_NOT_FITTED');
      expect(error.message).toMatch(/fit/);
    }
    expectCode(() => model.toJSON(), 'ERR_NOT_FITTED');
  });
});
