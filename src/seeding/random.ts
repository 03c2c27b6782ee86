import { inParts, type Work } from '../backend/pass.js';
import type { Samples } from '../data/samples.js';
import { shuffle } from '../random.js';
import type { Random } from '../types.js';
import { accumulate, firstAbove } from './draw.js';

/** k distinct samples, drawn with probabilities in proportion to their weights while there are any that weigh. */
export function* randomSamples(samples: Samples, k: number, random: Random): Work<number[]> {
  return samples.weights ? yield* weighted(samples, k, random) : uniform(samples.n, k, random);
}

/** Robert Floyd's sampling without replacement (Bentley & Floyd 1987), in the order drawn. */
function uniform(n: number, k: number, random: Random): number[] {
  const chosen = new Set<number>();
  for (let last = n - k; last < n; last++) {
    const i = Math.floor(random() * (last + 1));
    chosen.add(chosen.has(i) ? last : i);
  }
  // Floyd's sets are uniform, their order is not.
  const samples = [...chosen];
  shuffle(samples, random);
  return samples;
}

function* weighted({ workspace, weightValues }: Samples, k: number, random: Random): Work<number[]> {
  const left = weightValues!.slice();
  const cumulative = new Float64Array(left.length);
  const chosen: number[] = [];
  let total = 0;
  const addUp = () =>
    inParts(workspace, left.length, (from, to) => {
      total = accumulate(left, cumulative, from, to);
    });
  yield* addUp();
  let lightest = 0;
  /** Samples without weight are taken in order once all others are. */
  const nextUnchosen = () => {
    while (chosen.includes(lightest)) lightest++;
    return lightest;
  };
  while (chosen.length < k) {
    let i = total > 0 ? firstAbove(cumulative, random() * total) : nextUnchosen();
    if (left[i] === 0 && total > 0) {
      // Drawn before, or at the edge of rounding: the sums are taken anew without what was chosen.
      yield* addUp();
      if (total > 0) continue;
      i = nextUnchosen();
    }
    chosen.push(i);
    left[i] = 0;
  }
  return chosen;
}
