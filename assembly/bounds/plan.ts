// A plan, written by TypeScript: addresses and counts (i32) …
export const X: usize = 0;
export const D: usize = 4;
export const STRIDE: usize = 8;
export const PANELS: usize = 12; // packed centroids, see packOrdered
export const PANEL_COUNT: usize = 16;
export const GROUPS: usize = 20;
export const GROUP_PANELS: usize = 24; // panels of a group; the last group may have fewer
export const GROUP_OF: usize = 28; // k × i32: group of each centroid
export const CENTROIDS: usize = 32; // k × d, rows centroidStride(d) apart
export const LABELS: usize = 36; // n × i32
export const SAFE_UNTIL: usize = 48; // n × T: the label is safe as long as the joint path of its centroid is shorter
export const JOINT_PATHS: usize = 136; // k × T: of each centroid, how far it has come since there are bounds, step by step, plus the longest step of any other
// Of several groups alone:
export const UPPER: usize = 40; // n × T: at least the distance to the labelled centroid, less its path
export const LOWER: usize = 44; // n × groups × T: at most the distance to any other centroid of each group, plus the group's path
export const PATHS: usize = 52; // k × T: how far each centroid has come since there are bounds, step by step
export const GROUP_PATHS: usize = 56; // by the longest step of each group, whole vectors × T
// … and of all:
export const SCRATCH: usize = 60;
// Where samples and centroids are quantised as well (see quantise.ts), else 0:
export const QUANTISED: usize = 88; // n × (d rounded up to even) × i16
export const INVERSE: usize = 92; // n × f32: inverse scale of each sample
export const QUANTISED_PANELS: usize = 96;
export const SQ_NORMS: usize = 100; // n × T: ‖x‖², of one group without estimates too
export const FACTOR: usize = 104; // f64: twice the inverse scale of the centroids
export const QUANTISED_ROWS: usize = 112; // k × quantisedRowBytes(d): the centroids row by row
export const ALONE: usize = 116; // i32: whether every centroid is a group, its number the place in the panels
export const SURE_0: usize = 120; // f64: two scores of a sample, estimated or not, are off by sure 0 …
export const SURE_1: usize = 128; // f64: … + sure 1 · inverse scale at the most, in all; of one group without estimates by ‖x‖² instead, and that too
// For the sums, see accumulate.ts:
export const PREVIOUS: usize = 140;
export const SUMS: usize = 144;
export const WEIGHTS: usize = 148;
// … and how far rounding can reach (f64): scores of one sample are off by margin 0 + margin 1 · upper at the most, in all,
export const MARGIN_0: usize = 64;
export const MARGIN_1: usize = 72;
// and a computed squared distance by this much of itself.
export const RELATIVE: usize = 80;
// Share of all pairs of sample and group above which looks cost more than plain assignment (f64).
export const ENOUGH: usize = 152;
// The longest of the joint paths (f64): a label that is safe until beyond it is so whichever it is.
export const LONGEST_PATH: usize = 160;

/** Samples that go through the phases together. */
export const CHUNK: i32 = 256;

// Scratch. Places are those of the samples in the chunk; there is room for whole vectors behind the last.
export const LEAST_LOWER: usize = 0; // T: least lower bound of each sample
export const SQ_DISTANCE: usize = 2112; // T: to the labelled centroid; in the end own² − own score, less the margins
export const STATE: usize = 4224; // 4 × T: least score so far, its centroid, the next score of that group; one is free
export const RUNNER_UP: usize = 12672; // T: least score of all groups but the best one
export const LIMIT: usize = 14784; // T: groups with a lower bound above it are ruled out
export const THRESHOLD: usize = 16896; // T: groups with an estimate above it cannot hold the best
export const LISTED_FOR: usize = 19008; // i32: the panels an unsure sample was last listed for
export const TILE: usize = 20064; // 8 vectors: the scores of a tile
export const TOP: usize = 20192; // 6 vectors: least score, index, second score of four samples, or of twice as many
export const UNSURE: usize = 20320; // a list, as MEMBERS: samples that an estimate does not settle
export const UNDECIDED: usize = 20864; // i32: places of the samples whose exact distance may settle them
export const FETCHED: usize = 21920; // i32: see fetchRows
export const GATHERED: usize = 21936; // d × T: rows of samples that lie in columns
export const NEAR: usize = 30384; // T: at least the distance to the own centroid, as it stands
export const ACTIVE: usize = 32496; // i32: places of the samples whose bounds do not settle their label
export const MEMBERS: usize = 34608; // per group: how many active samples have to look at it, and their places (u16)
export const MEMBERS_BYTES: usize = 544;
// Of one group, where places are those in the range:
export const CHANGED: usize = 0; // i32: places of the samples whose label changed, …
export const CHANGED_COUNT: usize = 21924; // i32: … and how many
export const BLOCK: usize = 34608; // a block of eight rounded samples, ⌈d / 8⌉ × 128 bytes, and behind it their scores

/** What an advance returns for samples that took more looks than ENOUGH, beside the labels that changed. */
const BUSY: f64 = 4294967296;

/** What an advance returns for so many labels that changed, and looks of so many pairs of sample and group. */
export function changesAndBusy(plan: usize, changed: i32, looks: f64, pairs: f64): f64 {
  return <f64>changed + (looks > load<f64>(plan, ENOUGH) * pairs ? BUSY : 0);
}

/** How many runs of panels are scanned one by one: those of groups, or single ones where every centroid is a group. */
@inline
export function panelRuns(plan: usize): i32 {
  const each = load<i32>(plan, GROUP_PANELS);
  return (load<i32>(plan, PANEL_COUNT) + each - 1) / each;
}

/** The list of the samples that have to look at a group. */
@inline
export function membersOf(plan: usize, g: i32): usize {
  return load<usize>(plan, SCRATCH) + MEMBERS + <usize>g * MEMBERS_BYTES;
}

/** Where the scores of a block go, eight for each place of the panels. */
@inline
export function scoresOf(plan: usize): usize {
  return load<usize>(plan, SCRATCH) + BLOCK + <usize>(((load<i32>(plan, D) + 7) >> 3) << 7);
}

/** Half a unit in the last place of 1. */
@inline
export function epsilonOf<T>(): f64 {
  return sizeof<T>() == 4 ? 5.9604644775390625e-8 : 1.1102230246251565e-16;
}

/** Place number m of a list: a count and places, all u16. */
@inline
export function placeAt(list: usize, m: i32): usize {
  return <usize>load<u16>(list + (<usize>m << 1), 2);
}

/** Bytes from the lower bounds of a sample to those of the next. */
@inline
export function lowerBytes<T>(plan: usize): usize {
  return <usize>load<i32>(plan, GROUPS) * sizeof<T>();
}

/** Where the lower bounds of a sample begin. */
@inline
export function lowerBounds<T>(plan: usize, i: i32): usize {
  return load<usize>(plan, LOWER) + <usize>i * lowerBytes<T>(plan);
}

/** The label of a sample. */
@inline
export function labelOf(plan: usize, i: i32): i32 {
  return load<i32>(load<usize>(plan, LABELS) + (<usize>i << 2));
}

/** How far two scores of a sample with this inverse scale, estimated or not, are off at the most, in all. */
@inline
export function sureMargin(plan: usize, inverse: f32): f64 {
  return load<f64>(plan, SURE_0) + load<f64>(plan, SURE_1) * <f64>inverse;
}

/** The inverse scale of sample i. */
@inline
export function inverseOf(plan: usize, i: i32): f32 {
  return load<f32>(load<usize>(plan, INVERSE) + (<usize>i << 2));
}

/** What a distance is at most, by ‖x‖² as it is rounded to T and a score with its margin. */
@inline
export function atMost<T>(sqNorm: f64, score: f64, margin: f64): T {
  const epsilon = epsilonOf<T>();
  return <T>(Math.sqrt(max<f64>(sqNorm * (1 + 4 * epsilon) + score + margin, 0)) * (1 + 4 * epsilon));
}
