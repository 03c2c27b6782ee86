import { checkOptions, integer, isNumber, type OptionRule, oneOf } from '../option-rules.js';

/** `'auto'` follows the viewer's preference (light where it states none). */
export type Theme = 'auto' | 'light' | 'dark';

export interface PictureOptions {
  /** Pixels, 240 to 4096. Default 640. */
  width?: number;
  /** Pixels, 160 to 4096. The default suits what is drawn. */
  height?: number;
  /** Wrapped to the width; at most three lines of it are shown. Default: a title that says what is drawn. */
  title?: string;
  /** Default `'auto'`. */
  theme?: Theme;
}

/** Options of the pictures that show samples. */
export interface SamplePictureOptions extends PictureOptions {
  /** d names, for the axes. Default `'feature 0'`, `'feature 1'`, … */
  featureNames?: readonly string[];
  /** Features of a sample, where the data is one flat typed array. Default: that of the centroids. */
  nFeatures?: number;
}

const RULES: Readonly<Record<string, OptionRule>> = {
  width: pixels(240, 4096),
  height: pixels(160, 4096),
  title: [(value) => typeof value === 'string', 'a string'],
  theme: oneOf('auto', 'light', 'dark'),
};

const SAMPLE_RULES: Readonly<Record<string, OptionRule>> = {
  ...RULES,
  featureNames: [isStrings, 'an array of strings'],
  nFeatures: integer(1),
};

type Resolved<T extends PictureOptions> = T & Required<Pick<PictureOptions, 'width' | 'theme'>>;

export type ResolvedOptions = Resolved<PictureOptions>;

/** Checks the options of a picture and fills in the defaults. Throws `ERR_OPTION`. */
export function resolvePictureOptions(options: PictureOptions): ResolvedOptions {
  return resolve(options, RULES);
}

/** The same for one of samples; how many feature names there must be is not known here. Throws `ERR_OPTION`. */
export function resolveSampleOptions(options: SamplePictureOptions): Resolved<SamplePictureOptions> {
  return resolve(options, SAMPLE_RULES);
}

function resolve<T extends PictureOptions>(options: T, rules: Readonly<Record<string, OptionRule>>): Resolved<T> {
  checkOptions(options, rules);
  return { ...options, width: options.width ?? 640, theme: options.theme ?? 'auto' };
}

function pixels(least: number, most: number): OptionRule {
  const fits = (value: unknown) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  return [fits, `an integer from ${least} to ${most}`, isNumber];
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
