import type { Brush } from './brush.js';
import { element } from './svg.js';

/** The number of a cluster in a ring of its colour, around (0, 0): what marks a centroid, so that no colour stands alone. */
export function badge(cluster: number, radius: number, paint: Brush): string {
  const digits = String(cluster);
  const size = radius * (digits.length < 3 ? 1.2 : 0.9);
  const number = { y: size * 0.36, 'font-size': size, 'font-weight': 700, 'text-anchor': 'middle' };
  return (
    element('circle', { r: radius + 1.6, ...paint({ fill: 'paper' }) }) +
    element('circle', { r: radius, 'stroke-width': radius * 0.25, ...paint({ fill: 'paper', stroke: cluster }) }) +
    element('text', { ...number, ...paint({ fill: 'ink' }) }, digits)
  );
}

/** Many centroids get smaller badges. */
export function badgeRadius(k: number): number {
  return k <= 12 ? 9.5 : k <= 40 ? 8 : 6.5;
}
