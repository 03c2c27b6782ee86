import type { Theme } from './options.js';

/** The colours of a picture on a light or on a dark ground. */
export interface Colours {
  paper: string;
  ink: string;
  /** Captions, ticks and other text of the second rank. */
  faint: string;
  /** Axes and grid. */
  line: string;
  clusters: readonly string[];
}

/**
 * Eight hues each, the Okabe–Ito set moved so that all of them stand 2.9 : 1 or more from the paper and 9 OKLab units
 * or more from each other, as seen with protanopia, deuteranopia or tritanopia too (Machado et al. 2009).
 */
export const LIGHT: Colours = {
  paper: '#ffffff',
  ink: '#1c2127',
  faint: '#5c6570',
  line: '#c3c8ce',
  clusters: ['#0d56c3', '#c9450c', '#028f6e', '#903b83', '#bb9201', '#4d9dde', '#4c0289', '#414f42'],
};

export const DARK: Colours = {
  paper: '#15181d',
  ink: '#e8eaed',
  faint: '#a3abb5',
  line: '#474e57',
  clusters: ['#4687ec', '#e25d0b', '#36bf7d', '#cb68a9', '#e3c310', '#b3f7fe', '#8444c4', '#b4b6cb'],
};

/** More clusters than hues: the next round of hues gets the next of these. */
export const SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye', 'cross'] as const;

/** What fills or strokes: a role, or the number of a cluster. */
export type Paint = keyof Omit<Colours, 'clusters'> | number;

/** The index of a cluster's hue. */
export function hue(cluster: number): number {
  const count = LIGHT.clusters.length;
  return ((cluster % count) + count) % count;
}

export function symbolOf(cluster: number): (typeof SYMBOLS)[number] {
  return SYMBOLS[Math.floor(Math.abs(cluster) / LIGHT.clusters.length) % SYMBOLS.length]!;
}

/** The colours written into the picture; `'auto'` writes the light ones, and a style sheet puts dark ones over them. */
export function coloursOf(theme: Theme): Colours {
  return theme === 'dark' ? DARK : LIGHT;
}

export function colourOf(paint: Paint, colours: Colours): string {
  return typeof paint === 'number' ? colours.clusters[hue(paint)]! : colours[paint];
}

/** The class by which the style sheet finds what it has to recolour. */
export function paintClass(paint: Paint, property: 'fill' | 'stroke'): string {
  return `${property}-${typeof paint === 'number' ? hue(paint) : paint}`;
}

/** The class of a picture's root: pictures of the same class have the same rules, so that many can share one page. */
export function rootClass(theme: Theme): string {
  return `kmeans-picture-${theme}`;
}

/** The rules that make an `'auto'` picture dark, and the hues as variables for animations. */
export function themeCss(theme: Theme): string {
  const root = `.${rootClass(theme)}`;
  const base = `${root}{${variables(coloursOf(theme))}}`;
  if (theme !== 'auto') return base;
  const paints: Paint[] = ['paper', 'ink', 'faint', 'line', ...DARK.clusters.keys()];
  const rules = paints.flatMap((paint) =>
    (['fill', 'stroke'] as const).map(
      (property) => `${root} .${paintClass(paint, property)}{${property}:${colourOf(paint, DARK)}}`,
    ),
  );
  return `${base}@media (prefers-color-scheme:dark){${root}{${variables(DARK)}}${rules.join('')}}`;
}

function variables(colours: Colours): string {
  return colours.clusters.map((colour, i) => `--hue-${i}:${colour}`).join(';');
}
