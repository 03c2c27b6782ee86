import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ElbowOptions, KMeansOptions } from '../src/index.js';
import type { FloatArray } from '../src/types.js';

/** A synchronous call, without its data. */
export type Job = readonly ['kmeans', k: number, KMeansOptions] | readonly ['elbow', ElbowOptions];

/** The worker: `data` tells it what to cluster, a job that it is to do so. */
const SOURCE = `const { parentPort, workerData } = require('node:worker_threads');
import(workerData).then((library) => {
  let values;
  parentPort.on('message', ({ data, job }) => {
    values = data ?? values;
    if (job) library[job[0]](values, ...job.slice(1));
    parentPort.postMessage(null);
  });
});`;

/** Threads that share nothing: each does the whole of a job, with a library and a copy of the data of its own. */
export class Apart {
  private readonly workers: readonly Worker[];

  constructor(threads: number, core: string) {
    const workerData = pathToFileURL(core).href;
    this.workers = Array.from({ length: threads }, () => new Worker(SOURCE, { eval: true, workerData }));
  }

  load(data: FloatArray): Promise<void> {
    return this.send({ data });
  }

  /** Has all of them do a job at the same time. */
  run(job: Job): Promise<void> {
    return this.send({ job });
  }

  private async send(message: { data: FloatArray } | { job: Job }): Promise<void> {
    const done = this.workers.map((worker) => once(worker, 'message'));
    for (const worker of this.workers) worker.postMessage(message);
    await Promise.all(done);
  }

  async end(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
