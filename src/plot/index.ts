/** Pictures of clusterings, each as the text of one SVG file: no script, no outside resources, the same text every time. */

export { convergencePlot } from './convergence.js';
export { type ElbowCurve, elbowPlot } from './elbow.js';
export type { PictureOptions, SamplePictureOptions, Theme } from './options.js';
export { type Clustering, scatterPlot } from './scatter.js';
export { silhouettePlot } from './silhouette.js';
