// What the plans of all kernels have in common that estimate products of samples and candidates from rounded values (see
// blocks.ts): addresses and counts (i32) …
export const X: usize = 0;
export const D: usize = 4;
export const STRIDE: usize = 8;
export const ZEROS: usize = 28; // a row of zeros while samples are rounded: the candidates' place later, where these are seeds
export const SCRATCH: usize = 44;
export const QUANTISED: usize = 52; // the samples in blocks of eight: for each four bytes of a row those of eight samples
export const SCALES: usize = 56; // 3 × f32 for each chunk of 256 samples, see quantiseChunk
export const SQ_NORMS: usize = 60; // n × T: squared length of each sample
export const PANELS: usize = 68; // the candidates in panels of eight, see packCandidates
export const FACTOR: usize = 72; // f32: twice the inverse scale of the candidates
// … and how far an estimated squared distance is off at the most (f32), all in all:
export const OF_CANDIDATE: usize = 80; // times the length of the sample,
export const RELATIVE: usize = 84; // times the squares of lengths, in what way the kernels say
