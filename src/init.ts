import { endCrew } from './backend/crew.js';
import { configureBackend, type InitOptions } from './backend/load.js';
import { endThreads } from './backend/pool.js';
import { configureThreads } from './backend/threads.js';
import { dropWorkspaces } from './backend/workspace.js';
import { anything, checkOptions, isFunction, oneOf, threadsRule } from './option-rules.js';

const RULES = {
  backend: oneOf('auto', 'wasm', 'js'),
  wasm: anything,
  createWorker: isFunction,
  threads: threadsRule,
};

/**
 * For those who must: forces a backend, or brings the compiled kernels or the worker threads where the library may not make its
 * own. Without it everything is set up at the first call.
 *
 * @throws ERR_OPTION
 */
export function init(options: InitOptions = {}): void {
  checkOptions(options, RULES);
  configureBackend(options);
  configureThreads(options);
  endThreads();
  endCrew();
}

/** Ends idle worker threads and gives idle memory back. Harmless at any time; a later call takes what it needs anew. */
export function dispose(): void {
  dropWorkspaces();
  endThreads();
  endCrew();
}
