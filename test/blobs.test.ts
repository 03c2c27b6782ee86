import { describe, expect, test } from 'vitest';
import { type BlobsOptions, makeBlobs } from '../src/data/blobs.js';

const average = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;

/** Features of the samples of one label, one after another, less the centre. */
function offsets({ data: { data, shape }, labels, centers }: ReturnType<typeof makeBlobs>, label: number): number[] {
  const [, d] = shape;
  return Array.from(data, (x, i) => ({ x, sample: Math.floor(i / d), feature: i % d }))
    .filter(({ sample }) => labels[sample] === label)
    .map(({ x, feature }) => x - centers[label][feature]);
}

describe('makeBlobs', () => {
  test('has the shapes it was asked for', () => {
    const { data, labels, centers } = makeBlobs({ nSamples: 31, nFeatures: 5, centers: 4 });
    expect(data.shape).toEqual([31, 5]);
    expect(data.data).toBeInstanceOf(Float64Array);
    expect(data.data).toHaveLength(155);
    expect(labels).toBeInstanceOf(Int32Array);
    expect(labels).toHaveLength(31);
    expect(centers.map((center) => center.length)).toEqual([5, 5, 5, 5]);
    expect(centers.every((center) => center.every((x) => Math.abs(x) <= 10))).toBe(true);
  });

  test('makes 100 samples of two features around three centres by default', () => {
    const { data, centers } = makeBlobs();
    expect(data.shape).toEqual([100, 2]);
    expect(centers).toHaveLength(3);
  });

  test('spreads the samples evenly over the centres, in no order', () => {
    const { labels } = makeBlobs({ nSamples: 101, centers: 4 });
    const counts = [0, 1, 2, 3].map((label) => labels.filter((l) => l === label).length);
    expect(counts).toEqual([26, 25, 25, 25]);
    expect(labels).not.toEqual(labels.map((_, i) => i % 4));
    expect(labels).not.toEqual(labels.slice().sort());
  });

  test('gives the same numbers for the same seed and others for another', () => {
    expect(makeBlobs({ seed: 7 })).toEqual(makeBlobs({ seed: 7 }));
    expect(makeBlobs({ seed: 7 }).data.data).not.toEqual(makeBlobs({ seed: 8 }).data.data);
    expect(makeBlobs().data.data).toEqual(makeBlobs({ seed: 0 }).data.data);
  });

  test('is normally distributed around each centre with the spread given', () => {
    const given = [
      [0, 0, 0, 0],
      [50, -50, 5, 1],
    ];
    const blobs = makeBlobs({ nSamples: 20_000, centers: given, spread: [1, 3], seed: 1 });
    for (const [label, spread] of [1, 3].entries()) {
      const z = offsets(blobs, label).map((x) => x / spread);
      const moment = (power: number) => average(z.map((x) => x ** power));
      // 40,000 draws: five standard errors of each moment.
      expect(Math.abs(moment(1))).toBeLessThan(0.025);
      expect(Math.abs(moment(2) - 1)).toBeLessThan(0.036);
      expect(Math.abs(moment(3))).toBeLessThan(0.1);
      expect(Math.abs(moment(4) - 3)).toBeLessThan(0.25);
      const share = (limit: number) => average(z.map((x) => Number(Math.abs(x) < limit)));
      expect(Math.abs(share(1) - 0.682689)).toBeLessThan(0.012);
      expect(Math.abs(share(2) - 0.9545)).toBeLessThan(0.006);
    }
  });

  test('a spread of 0 puts every sample on its centre', () => {
    const { data, labels } = makeBlobs({
      nSamples: 10,
      centers: [
        [1, 2],
        [3, 4],
      ],
      spread: 0,
    });
    labels.forEach((label, i) => {
      expect(Array.from(data.data.subarray(2 * i, 2 * i + 2))).toEqual(label === 0 ? [1, 2] : [3, 4]);
    });
  });

  test('does not hand out or change the centres given', () => {
    const given = [Float64Array.of(1, 2), Float64Array.of(3, 4)];
    const { centers } = makeBlobs({ centers: given });
    expect(centers).toEqual(given);
    centers[0][0] = 99;
    expect(given[0][0]).toBe(1);
  });

  test('rounds the same draws in float32', () => {
    const options = {
      nSamples: 20,
      centers: [
        [1, 2],
        [3, 4],
      ],
      seed: 3,
    };
    const single = makeBlobs({ ...options, precision: 'float32' });
    expect(single.data.data).toBeInstanceOf(Float32Array);
    expect(single.centers[0]).toBeInstanceOf(Float32Array);
    expect(single.data.data).toEqual(Float32Array.from(makeBlobs(options).data.data));
  });

  test('leaves a centre without samples when there are fewer samples than centres', () => {
    expect(Array.from(makeBlobs({ nSamples: 2, centers: 3 }).labels).sort()).toEqual([0, 1]);
  });

  test.each<[string, unknown, RegExp]>([
    ['an unknown option', { sampels: 3 }, /no option 'sampels'; the options are nSamples, nFeatures/],
    ['no samples', { nSamples: 0 }, /nSamples is 0; it must be an integer ≥ 1/],
    ['a broken number of features', { nFeatures: 1.5 }, /nFeatures is 1.5; it must be an integer ≥ 1/],
    ['no centres', { centers: [] }, /at least one row/],
    ['a number of centres that is text', { centers: '3' }, /centers is '3'; it must be an integer ≥ 1 or an array/],
    ['ragged centres', { centers: [[1, 2], [3]] }, /row 1 of centers is \[3\]; it must be 2 finite numbers/],
    [
      'centres of other features',
      { centers: [[1, 2]], nFeatures: 3 },
      /row 0 of centers is \[1,2\]; it must be 3 finite numbers/,
    ],
    ['a centre that is not finite', { centers: [[1, Number.NaN]] }, /finite/],
    ['a negative spread', { spread: -1 }, /spread is -1; it must be a finite number ≥ 0/],
    ['spreads for other centres', { spread: [1, 2] }, /one for each of 3 centers/],
    ['a seed below 0', { seed: -1 }, /seed is -1; it must be an integer from 0 to/],
    ['another precision', { precision: 'float16' }, /precision is 'float16'; it must be 'float32' or 'float64'/],
  ])('rejects %s', (_, options, message) => {
    expect(() => makeBlobs(options as BlobsOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION', message: expect.stringMatching(message) }),
    );
  });
});
