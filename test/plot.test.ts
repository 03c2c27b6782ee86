import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { convergencePlot, elbowPlot, scatterPlot, silhouettePlot } from '../src/plot/index.js';
import type { KMeansStep } from '../src/types.js';

const HOSTILE = `<b> & "quotes" 'n' </text><script>alert(1)</script>\u0000`;

/** `perBlob` samples around each centre, laid out on a small spiral: no randomness, and all nearest to their centre. */
function blobs(centers: readonly (readonly number[])[], perBlob: number): number[][] {
  return centers.flatMap((center) =>
    Array.from({ length: perBlob }, (_, i) =>
      center.map((value, j) => value + Math.sin(i * (j + 1)) * (0.2 + i / perBlob)),
    ),
  );
}

function labelsOf(k: number, perBlob: number): Int32Array {
  return Int32Array.from({ length: k * perBlob }, (_, i) => Math.floor(i / perBlob));
}

const centers = [
  [0, 0],
  [10, 0],
  [5, 10],
];
const data = blobs(centers, 20);
const result = { labels: labelsOf(3, 20), centroids: centers };

/** Lloyd's iterations, as `kmeansSteps` would give them. */
function runFrom(samples: readonly (readonly number[])[], start: readonly (readonly number[])[]): KMeansStep[] {
  const steps: KMeansStep[] = [];
  let centroids = start.map((row) => Float64Array.from(row));
  for (let iteration = 1; ; iteration++) {
    const sq = (a: ArrayLike<number>, b: Float64Array) => b.reduce((sum, value, j) => sum + (a[j]! - value) ** 2, 0);
    const distances = samples.map((sample) => centroids.map((centroid) => sq(sample, centroid)));
    const labels = Int32Array.from(distances, (row) => row.indexOf(Math.min(...row)));
    const before = steps.at(-1)?.labels;
    const changed = labels.filter((label, i) => label !== before?.[i]).length;
    const counts = Float64Array.from(centroids, (_, c) => labels.filter((label) => label === c).length);
    const nextCentroids = centroids.map((centroid, c) =>
      centroid.map(
        (_, j) => samples.reduce((sum, sample, i) => sum + (labels[i] === c ? sample[j]! : 0), 0) / counts[c]!,
      ),
    );
    const inertia = distances.reduce((sum, row) => sum + Math.min(...row), 0);
    steps.push({
      iteration,
      centroids,
      labels,
      counts,
      inertia,
      nextCentroids,
      shift: 0,
      changed,
      converged: changed === 0,
    });
    if (changed === 0) return steps;
    centroids = nextCentroids;
  }
}

const steps = runFrom(data, [
  [4, 9],
  [5, 11],
  [6, 10],
]);

interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

/** Parses what XML allows and nothing else, as far as SVG text of ours goes: any stray `<`, `&` or quote throws. */
function parseXml(source: string): XmlElement {
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const token = /<\/([a-zA-Z]+)>|<([a-zA-Z]+)((?: [a-zA-Z][\w:-]*="[^"<]*")*)(\/?)>|([^<]+)/y;
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const match = token.exec(source);
    if (!match) throw new Error(`not XML: ${source.slice(at, at + 80)}`);
    const [, closed, name, attributes = '', selfClosed, text] = match;
    const parent = open.at(-1)!;
    if (text !== undefined) parent.text += unescapeXml(text);
    else if (closed !== undefined) {
      if (open.pop()!.name !== closed) throw new Error(`</${closed}> closes nothing`);
    } else {
      const element: XmlElement = { name: name!, attributes: {}, children: [], text: '' };
      for (const [, key, value] of attributes.matchAll(/ ([a-zA-Z][\w:-]*)="([^"]*)"/g)) {
        if (key! in element.attributes) throw new Error(`${key} twice`);
        element.attributes[key!] = unescapeXml(value!);
      }
      parent.children.push(element);
      if (selfClosed === '') open.push(element);
    }
  }
  if (open.length !== 1 || root.children.length !== 1 || root.text !== '') throw new Error('not one root');
  return root.children[0]!;
}

function unescapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text)) throw new Error('a character that XML forbids');
  if (/&(?!(amp|lt|gt|quot);)/.test(text)) throw new Error(`a stray & in ${text}`);
  return text.replace(/&(amp|lt|gt|quot);/g, (_, name) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name as string]!);
}

function all(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(all)];
}

function withClass(element: XmlElement, name: string): XmlElement[] {
  return all(element).filter((one) => one.attributes.class?.split(' ').includes(name));
}

function texts(element: XmlElement): string[] {
  return all(element)
    .filter((one) => one.name === 'text')
    .map((one) => one.text);
}

/** The groups of dots that Plot drew. */
function dots(picture: XmlElement): XmlElement[] {
  return all(picture).filter((one) => one.attributes['aria-label'] === 'dot');
}

const pictures: [name: string, draw: (options?: object) => Promise<string>][] = [
  ['scatterPlot', (options) => scatterPlot(data, result, options)],
  ['elbowPlot', (options) => elbowPlot({ ks: [1, 2, 3, 4], inertias: [90, 40, 10, 9], k: 3 }, options)],
  ['convergencePlot', (options) => convergencePlot(data, steps, options)],
  [
    'silhouettePlot',
    (options) =>
      silhouettePlot(
        result.labels.map(() => 0.5),
        result.labels,
        options,
      ),
  ],
];

describe.each(pictures)('%s', (_, draw) => {
  test('is one well-formed SVG element with a namespace, a size and a background, and without script', async () => {
    const svg = await draw();
    const picture = parseXml(svg);
    expect(picture.name).toBe('svg');
    expect(picture.attributes).toMatchObject({ xmlns: 'http://www.w3.org/2000/svg', width: '640', role: 'img' });
    expect(all(picture).find((one) => one.name === 'rect')!.attributes).toMatchObject({
      width: '640',
      fill: '#ffffff',
    });
    expect(svg).not.toMatch(/<script|<foreignObject|href=|url\(|@import|NaN|undefined|Infinity/);
  });

  test('is the same text every time', async () => {
    expect(await draw()).toBe(await draw());
  });

  test('takes a size, a title and a theme', async () => {
    const picture = parseXml(await draw({ width: 480, height: 300, title: HOSTILE, theme: 'dark' }));
    expect(picture.attributes).toMatchObject({ width: '480', height: '300', viewBox: '0 0 480 300' });
    expect(picture.attributes['aria-label']).toBe(HOSTILE.replace('\u0000', '\ufffd'));
    expect(texts(picture).join(' ')).toContain('<b> & "quotes"');
    expect(all(picture).find((one) => one.name === 'rect')!.attributes.fill).toBe('#15181d');
  });

  test('follows the preferred colour scheme only if the theme is auto', async () => {
    expect(await draw()).toContain('prefers-color-scheme:dark');
    expect(await draw({ theme: 'light' })).not.toContain('prefers-color-scheme');
    expect(await draw({ theme: 'dark' })).not.toContain('prefers-color-scheme');
  });

  test('cuts a title that is too long after three lines', async () => {
    const lines = texts(parseXml(await draw({ title: 'many words '.repeat(100) }))).filter((text) => /many/.test(text));
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/…$/);
  });

  test.each([
    [{ colour: 'red' }, /no option .colour/],
    [{ width: '640' }, /width is .640/],
    [{ width: 10 }, /width is 10/],
    [{ height: Number.NaN }, /height is NaN/],
    [{ title: 5 }, /title is 5/],
    [{ theme: 'sepia' }, /theme is .sepia/],
  ])('rejects the options %o', async (options, message) => {
    await expect(draw(options)).rejects.toMatchObject({ code: 'ERR_OPTION', message: expect.stringMatching(message) });
  });

  test('rejects options that are no object', async () => {
    await expect(draw(null as unknown as object)).rejects.toMatchObject({ code: 'ERR_OPTION' });
  });
});

describe('scatterPlot', () => {
  test('draws every sample, in one group for each cluster, and numbers the centroids', async () => {
    const picture = parseXml(await scatterPlot(data, result));
    expect(dots(picture).map((group) => group.children.length)).toEqual([20, 20, 20]);
    expect(new Set(dots(picture).map((group) => group.attributes.fill)).size).toBe(3);
    expect(texts(withClass(picture, 'centroids')[0]!)).toEqual(['0', '1', '2']);
  });

  test('counts the samples of each cluster in the legend', async () => {
    const labels = result.labels.map((label, i) => (i === 0 ? 1 : label));
    const shown = texts(parseXml(await scatterPlot(data, { ...result, labels })));
    expect(shown.slice(shown.indexOf('samples'))).toEqual(['samples', '0', '19', '1', '21', '2', '20']);
  });

  test('draws the Voronoi regions where samples belong to the nearest centroid, and only there', async () => {
    const wrong = result.labels.map((label, i) => (i === 0 ? 1 : label));
    const regions = (svg: string) => withClass(parseXml(svg), 'regions').flatMap((group) => group.children);
    expect(regions(await scatterPlot(data, result))).toHaveLength(3);
    expect(regions(await scatterPlot(data, { ...result, labels: wrong }))).toHaveLength(0);
    const twice = { labels: result.labels, centroids: [...centers, centers[0]!] };
    expect(regions(await scatterPlot(data, twice)), 'of equal centroids the first has the region').toHaveLength(3);
  });

  test('draws one cluster', async () => {
    const picture = parseXml(await scatterPlot(data, { labels: new Int32Array(60), centroids: [[5, 3]] }));
    expect(dots(picture).map((group) => group.children.length)).toEqual([60]);
  });

  test('draws one feature as a strip', async () => {
    const picture = parseXml(
      await scatterPlot([1, 2, 3, 11, 12, 13], { labels: [0, 0, 0, 1, 1, 1], centroids: [[2], [12]] }),
    );
    expect(dots(picture).flatMap((group) => group.children)).toHaveLength(6);
    expect(withClass(picture, 'regions')[0]!.children).toHaveLength(2);
    expect(texts(picture).join()).toMatch(/feature 0 →.*Heights are random/);
    expect(texts(picture).join()).not.toContain('↑');
  });

  test('projects more than two features and says so, on the axes with the share of the variance', async () => {
    const flat = blobs(
      [
        [0, 0, 0],
        [10, 0, 0],
        [5, 10, 0],
      ],
      20,
    ).map(([x, y]) => [x!, y!, 7]);
    const centroids = centers.map(([x, y]) => [x!, y!, 7]);
    const shown = texts(parseXml(await scatterPlot(flat, { labels: result.labels, centroids })));
    const shares = shown.flatMap((text) => text.match(/PC \d \((\d+) % of variance\)/)?.[1] ?? []).map(Number);
    expect(shares).toHaveLength(2);
    expect(shares[0]! + shares[1]!, 'the third feature never varies').toBeCloseTo(100, -1);
    expect(shown).toContainEqual('3 features projected on their first two principal components.');
  });

  test('projects the wine data onto the components that scikit-learn finds', async () => {
    const wine = JSON.parse(readFileSync('test/golden/wine.json', 'utf8')) as { data: number[][] };
    const centroids = [wine.data[0]!, wine.data[100]!];
    const labels = wine.data.map((_, i) => (i < 90 ? 0 : 1));
    const picture = parseXml(await scatterPlot(wine.data, { labels, centroids }));
    // sklearn.decomposition.PCA(2).fit(load_wine().data).explained_variance_ratio_ is [0.99809, 0.00174]
    expect(texts(picture)).toContain('PC 1 (99.8 % of variance) →');
    expect(texts(picture)).toContain('↑ PC 2 (0.2 % of variance)');
    expect(withClass(picture, 'regions')).toHaveLength(0);
  });

  test('thins more than 5,000 samples and says so; the legend counts all', async () => {
    const many = blobs(centers, 2000);
    const picture = parseXml(await scatterPlot(many, { labels: labelsOf(3, 2000), centroids: centers }));
    expect(dots(picture).flatMap((group) => group.children)).toHaveLength(5000);
    expect(texts(picture)).toContain('5,000 of 6,000 samples drawn, picked at random.');
    expect(texts(picture).filter((text) => text === '2,000')).toHaveLength(3);
  });

  test('tells more clusters than there are hues apart by symbols', async () => {
    const grid = Array.from({ length: 12 }, (_, i) => [10 * (i % 4), 10 * Math.floor(i / 4)]);
    const picture = parseXml(await scatterPlot(blobs(grid, 5), { labels: labelsOf(12, 5), centroids: grid }));
    const looks = dots(picture)
      .filter((group) => group.children.length === 5)
      .map((group) => group.attributes.fill! + group.children[0]!.name + (group.children[0]!.attributes.d ?? ''));
    expect(looks).toHaveLength(12);
    expect(new Set(looks).size).toBe(12);
  });

  test('says how many clusters the legend has no room for', async () => {
    const line = Array.from({ length: 100 }, (_, i) => [i, 0]);
    const picture = parseXml(await scatterPlot(line, { labels: labelsOf(100, 1), centroids: line }));
    expect(texts(picture).join()).toMatch(/and \d+ more/);
  });

  test('reads every form of data', async () => {
    const expected = await scatterPlot(data, result);
    const flat = Float64Array.from(data.flat());
    const column = (j: number) => Float64Array.from(data, (row) => row[j]!);
    expect(await scatterPlot(flat, result)).toBe(expected);
    expect(await scatterPlot(flat, result, { nFeatures: 2 })).toBe(expected);
    expect(await scatterPlot({ data: flat, shape: [60, 2] }, result)).toBe(expected);
    expect(await scatterPlot({ columns: [column(0), column(1)] }, result)).toBe(expected);
    expect(
      await scatterPlot(
        data.map((row) => Float64Array.from(row)),
        result,
      ),
    ).toBe(expected);
  });

  test('writes names of features as they are, and cuts long ones', async () => {
    const shown = texts(parseXml(await scatterPlot(data, result, { featureNames: [HOSTILE, 'long '.repeat(100)] })));
    expect(shown).toContain(`${HOSTILE.replace('\u0000', '\ufffd')} →`);
    expect(shown.find((text) => text.startsWith('↑'))).toMatch(/^↑ long .*…$/);
  });

  test('draws samples that are all the same, and values of any size', async () => {
    for (const scale of [0, 1e-200, 1e-9, 1e12, 1e200]) {
      const scaled = data.map((row) => row.map((value) => value * scale));
      const centroids = centers.map((row) => row.map((value) => value * scale));
      const svg = await scatterPlot(scaled, { labels: result.labels, centroids });
      expect(svg).not.toMatch(/NaN|Infinity/);
      parseXml(svg);
    }
  });

  test.each([
    [{ labels: [0, 1], centroids: centers }, /labels has length 2; it must have one for each of the 60 samples/],
    [{ labels: new Int32Array(60).fill(3), centroids: centers }, /label 0 is 3; it must be an integer from 0 to 2/],
    [{ labels: result.labels, centroids: [] }, /k rows of d numbers/],
    [{ labels: result.labels, centroids: [[1, 2], [3]] }, /k rows of d numbers/],
  ])('rejects the result %#', async (bad, message) => {
    await expect(scatterPlot(data, bad)).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringMatching(message),
    });
  });

  test('rejects centroids of other features, and names that are too few or no strings', async () => {
    const centroids = [[1, 2, 3]];
    const labels = new Int32Array(60);
    await expect(scatterPlot(data, { labels, centroids })).rejects.toMatchObject({ code: 'ERR_FEATURES' });
    for (const featureNames of [['x'], 'xy', [1, 2]]) {
      const options = { featureNames: featureNames as string[] };
      await expect(scatterPlot(data, result, options)).rejects.toMatchObject({ code: 'ERR_OPTION' });
    }
    await expect(scatterPlot(data, result, { nFeatures: 0 })).rejects.toMatchObject({ code: 'ERR_OPTION' });
  });
});

describe('elbowPlot', () => {
  const ks = [1, 2, 3, 4, 5];
  const inertias = [100, 50, 10, 8, 7];

  test('marks and labels the knee', async () => {
    const picture = parseXml(await elbowPlot({ ks, inertias, k: 3 }));
    expect(dots(picture)[0]!.children).toHaveLength(5);
    expect(withClass(picture, 'knee')).toHaveLength(1);
    expect(texts(picture)).toContain('knee at k = 3');
    expect(texts(picture)).toEqual(expect.arrayContaining(['1', '2', '3', '4', '5', 'k →', '↑ inertia']));
  });

  test('says that there is no knee', async () => {
    const picture = parseXml(await elbowPlot({ ks, inertias, k: undefined }));
    expect(withClass(picture, 'knee')).toHaveLength(0);
    expect(texts(picture)).toContain('The curve has no clear knee.');
  });

  test('has ticks at whole k only', async () => {
    for (const last of [1, 2, 3, 40, 500]) {
      const many = Array.from({ length: last }, (_, i) => i + 1);
      const picture = parseXml(await elbowPlot({ ks: many, inertias: many.map((k) => 0.5 / k) }));
      const axis = all(picture).find((one) => one.attributes['aria-label'] === 'x-axis tick label')!;
      expect(texts(axis).length).toBeGreaterThan(0);
      expect(texts(axis).every((text) => /^\d+$/.test(text))).toBe(true);
    }
  });

  test.each([
    [{ ks: [], inertias: [] }],
    [{ ks: [1, 2], inertias: [5] }],
    [{ ks: [1, 2], inertias: [5, Number.NaN] }],
    [{ ks: undefined as unknown as number[], inertias: [5] }],
  ])('rejects the curve %o', async (curve) => {
    await expect(elbowPlot(curve)).rejects.toMatchObject({ code: 'ERR_OPTION' });
  });
});

describe('convergencePlot', () => {
  test('holds all iterations, of which a viewer without animation sees the last', async () => {
    expect(steps.length).toBeGreaterThan(2);
    const picture = parseXml(await convergencePlot(data, steps));
    const captions = withClass(picture, 'iterations')[0]!.children;
    expect(captions.map((one) => texts(one)[0])).toEqual(
      steps.map(
        ({ iteration }) =>
          `iteration ${iteration} of ${steps.length}${iteration === steps.length ? ', converged' : ''}`,
      ),
    );
    expect(captions.map((one) => one.attributes.opacity)).toEqual([...steps.slice(1).map(() => '0'), undefined]);
    expect(withClass(picture, 'regions')).toHaveLength(steps.length);
  });

  test('moves the centroids from the first place to the last, through every place between', async () => {
    const svg = await convergencePlot(data, steps);
    const centroids = withClass(parseXml(svg), 'centroids')[0]!.children;
    expect(centroids).toHaveLength(3);
    for (const centroid of centroids) {
      const keyframes = svg.match(new RegExp(`@keyframes ${centroid.attributes.class}\\{(.*?\\})\\}`))![1]!;
      const stops = [...keyframes.matchAll(/translate\((.*?)px,(.*?)px\)/g)].map(([, x, y]) => `translate(${x},${y})`);
      expect(stops.at(-1)).toBe(centroid.attributes.transform);
      expect(new Set(stops).size).toBe(steps.length); // the start and every move, the last of which goes nowhere
    }
    expect(withClass(parseXml(svg), 'paths')[0]!.children.filter((one) => one.name === 'path')).toHaveLength(6);
  });

  test('gives each sample the colour of its label in each iteration', async () => {
    const svg = await convergencePlot(data, steps);
    const circles = withClass(parseXml(svg), 'samples')[0]!.children;
    expect(circles).toHaveLength(60);
    for (const [i, circle] of circles.entries()) {
      const labels = steps.map((step) => step.labels[i]!);
      const runs = labels.filter((label, j) => label !== labels[j - 1]);
      const name = circle.attributes.class!.split(' ').find((one) => one.startsWith('kmeans-'));
      expect(name !== undefined).toBe(runs.length > 1);
      expect(circle.attributes.class).toContain(`fill-${labels.at(-1)}`);
      if (name === undefined) continue;
      const keyframes = svg.match(new RegExp(`@keyframes ${name}\\{(.*?\\})\\}`))![1]!;
      const hues = [...keyframes.matchAll(/--hue-(\d)/g)].map(([, hue]) => Number(hue));
      expect(hues.filter((hue, j) => hue !== hues[j - 1])).toEqual(runs);
    }
  });

  test('keeps still for those who prefer that', async () => {
    const css = all(parseXml(await convergencePlot(data, steps))).find((one) => one.name === 'style')!.text;
    expect(css.split('@media (prefers-reduced-motion:no-preference)')).toHaveLength(2);
    expect(css.indexOf('animation:')).toBeGreaterThan(css.indexOf('prefers-reduced-motion'));
  });

  test('names its animations after what they show, so that several pictures can share a page', async () => {
    const names = (svg: string) => new Set([...svg.matchAll(/@keyframes (\S+?)\{/g)].map(([, name]) => name));
    const one = names(await convergencePlot(data, steps));
    const other = names(await convergencePlot(data, steps.slice(1)));
    expect(one.size).toBeGreaterThan(0);
    expect([...one].filter((name) => other.has(name))).toEqual([]);
  });

  test('stays small with many samples, iterations and clusters', async () => {
    const many = blobs(centers, 500);
    const k = 12;
    const long = Array.from({ length: 300 }, (_, t): KMeansStep => {
      const at = (time: number) =>
        Array.from({ length: k }, (_, c) => Float64Array.of(c + Math.sin(time), c - Math.cos(time)));
      const labels = Int32Array.from(many, (_, i) => Math.floor((i + t) / 40) % k);
      const rest = { counts: new Float64Array(k), inertia: 300 - t, shift: 1, changed: 1, converged: false };
      return { iteration: t + 1, centroids: at(t), nextCentroids: at(t + 1), labels, ...rest };
    });
    const svg = await convergencePlot(many, long);
    expect(svg.length).toBeLessThan(1.5e6);
    const picture = parseXml(svg);
    expect(withClass(picture, 'samples')[0]!.children).toHaveLength(800);
    expect(texts(picture)).toContain('800 of 1,500 samples drawn, picked at random.');
    expect(withClass(picture, 'iterations')[0]!.children).toHaveLength(300);
  });

  test('draws one step, any iterable of steps, one feature and several', async () => {
    parseXml(await convergencePlot(data, steps.slice(-1)));
    expect(await convergencePlot(data, steps.values())).toBe(await convergencePlot(data, steps));
    const line = [1, 2, 3, 11, 12, 13];
    parseXml(
      await convergencePlot(
        line,
        runFrom(
          line.map((value) => [value]),
          [[1], [2]],
        ),
      ),
    );
    const solid = blobs(
      [
        [0, 0, 0],
        [9, 9, 9],
      ],
      10,
    );
    const picture = parseXml(
      await convergencePlot(
        solid,
        runFrom(solid, [
          [0, 0, 1],
          [1, 0, 0],
        ]),
      ),
    );
    expect(withClass(picture, 'regions')).toHaveLength(0);
    expect(texts(picture).join()).toContain('PC 1');
  });

  test('rejects what are no steps of a run on these samples', async () => {
    const bad = [[], undefined, 5, [{}], [{ ...steps[0]!, labels: [0] }]];
    for (const one of bad) {
      await expect(convergencePlot(data, one as KMeansStep[])).rejects.toMatchObject({ code: 'ERR_OPTION' });
    }
  });
});

describe('silhouettePlot', () => {
  test('draws a bar for every sample, longest first, with the means of the clusters and of all', async () => {
    const picture = parseXml(await silhouettePlot([0.2, 0.8, -0.4, 0.6, 0.3], [0, 0, 1, 1, 1]));
    const groups = all(picture).filter((one) => one.attributes['aria-label'] === 'rect');
    expect(groups.map((group) => group.children.length)).toEqual([2, 3]);
    const widths = groups[0]!.children.map((bar) => Number(bar.attributes.width));
    expect(widths[0]! / widths[1]!).toBeCloseTo(4, 1);
    const shown = texts(picture);
    expect(shown).toEqual(expect.arrayContaining(['0.50', '0.17', 'mean of all 0.30']));
    expect(withClass(picture, 'mean')).toHaveLength(1);
  });

  test('thins many samples and says so', async () => {
    const labels = labelsOf(3, 1000);
    const picture = parseXml(
      await silhouettePlot(
        Float64Array.from(labels, (_, i) => Math.cos(i)),
        labels,
      ),
    );
    const bars = all(picture)
      .filter((one) => one.attributes['aria-label'] === 'rect')
      .flatMap((group) => group.children);
    expect(bars.length).toBeLessThan(600);
    expect(texts(picture).join()).toMatch(/One bar for every \d+ of the 3,000 samples\./);
    expect(texts(picture).filter((text) => text === '1,000')).toHaveLength(3);
  });

  test('takes any integers as labels and clusters of one sample', async () => {
    const picture = parseXml(await silhouettePlot([0, 0.4, 0.5], [-1, 70, 70]));
    expect(texts(picture)).toEqual(expect.arrayContaining(['-1', '70', '1', '2']));
  });

  test.each([
    [[], []],
    [[0.5], [0, 1]],
    [[1.5], [0]],
    [[Number.NaN], [0]],
    [[0.5], [0.5]],
  ])('rejects coefficients %o with labels %o', async (coefficients, labels) => {
    await expect(silhouettePlot(coefficients, labels)).rejects.toMatchObject({ code: 'ERR_OPTION' });
  });
});

test('names the packages to install where one is missing, and works once it is there', async () => {
  const curve = { ks: [1, 2], inertias: [2, 1] };
  for (const name of ['@observablehq/plot', 'linkedom']) {
    vi.resetModules();
    vi.doMock(name, () => {
      throw new Error('no such package');
    });
    const fresh = await import('../src/plot/index.js');
    const message = `Pictures need ${name}, which could not be loaded: npm install @observablehq/plot linkedom`;
    await expect(fresh.elbowPlot(curve)).rejects.toThrow(message);
    vi.doUnmock(name);
    expect(await fresh.elbowPlot(curve)).toBe(await elbowPlot(curve));
  }
});
