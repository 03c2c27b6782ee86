import * as library from '../../src/index.js';
import { clusterAllAsync } from './cases.js';

// A worker of the page that uses the library, which starts workers of its own.
clusterAllAsync(library).then(postMessage);
