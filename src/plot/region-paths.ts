import type { Brush } from './brush.js';
import { type Bounds, type Point, voronoiRegions } from './regions.js';
import type { Frame } from './sheet.js';
import { element, short } from './svg.js';

/** The Voronoi regions, faint in the colours of their clusters. */
export function drawRegions(places: readonly Point[], bounds: Bounds, frame: Frame, paint: Brush): string {
  const paths = voronoiRegions(places, bounds).map((region, cluster) =>
    region.length < 3
      ? ''
      : element('path', {
          d: `M${region.map(([x, y]) => `${short(frame.x(x))},${short(frame.y(y))}`).join('L')}Z`,
          ...paint({ fill: cluster }),
        }),
  );
  const edges = { 'stroke-width': 2, 'stroke-linejoin': 'round', ...paint({ stroke: 'paper' }, 'regions') };
  return element('g', { 'fill-opacity': 0.11, ...edges }, ...paths);
}
