// The ABI: what TypeScript calls. Every kernel comes for float32 and float64 from one generic source.
export * from './accumulate';
export * from './assign';
export * from './assign-estimated';
export * from './blocks';
export * from './bounds';
export * from './centroids';
export { ESTIMATE_BYTES } from './constants';
export * from './distance';
export * from './iterate';
export * from './filter';
export * from './pack';
export * from './prepare';
export * from './quantise';
export * from './seed';
export * from './shift';
export * from './silhouette';
export { countCellsF32, countCellsF64, fillCellsF32, fillCellsF64 } from './tree/cells';
export { plantTreeF32, plantTreeF64 } from './tree/nodes';
