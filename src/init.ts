import { configureBackend, type InitOptions } from './backend/load.js';
import { dropWorkspaces } from './backend/workspace.js';
import { typeError } from './errors.js';

const NAMES = ['backend', 'wasm'];

/**
 * For those who must: forces a backend, or brings the compiled kernels where the library may not compile its own. Without it
 * everything is set up at the first call.
 *
 * @throws ERR_OPTION
 */
export function init(options: InitOptions = {}): void {
  for (const name of Object.keys(options))
    if (!NAMES.includes(name))
      throw typeError('ERR_OPTION', `there is no option '${name}'; the options are ${NAMES.join(', ')}`);
  configureBackend(options);
}

/** Gives the library's idle memory back. Harmless at any time; a later call takes what it needs anew. */
export function dispose(): void {
  dropWorkspaces();
}
