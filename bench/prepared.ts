import { createBackend } from '../src/backend/load.js';
import { now } from '../src/backend/pass.js';
import { Workspace } from '../src/backend/workspace.js';
import { readSource } from '../src/data/source.js';
import { Fit } from '../src/fit.js';
import { resolveOptions } from '../src/options.js';
import { createRandom } from '../src/random.js';
import type { KMeansOptions } from '../src/types.js';
import { type Problem, toConvergence } from './data.js';

/** What `kmeans` makes before its first iteration, in a workspace of its own; the starting rows are in place. */
export function prepareFit(problem: Problem, algorithm: KMeansOptions['algorithm'] = 'auto'): Fit {
  const { values, d, k } = problem;
  const workspace = new Workspace(createBackend());
  const options = resolveOptions({ ...toConvergence(problem), algorithm });
  const fit = now(Fit.prepare(workspace, values, readSource(values, d), k, options));
  fit.iterate(createRandom(0), true).next();
  return fit;
}
