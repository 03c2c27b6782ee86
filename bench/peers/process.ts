import { type ChildProcess, fork } from 'node:child_process';
import { readSource } from '../../src/data/source.js';
import { seconds } from '../clock.js';
import { makeProblem, type Shape, toRows } from '../data.js';
import { type Job, own, type Peer, peers } from './catalogue.js';

/**
 * What a process is asked: to make its data; to cluster, once or, where that is short, until it can be timed, the first time
 * for the inertia and until it is warm; to convert.
 */
type Request =
  | { ask: 'load'; shape: Shape }
  | { ask: 'cluster'; maxIter: number; withInertia: boolean }
  | { ask: 'convert' };

export interface Answer {
  /** Of one call. */
  seconds: number;
  /** Σ squared distance of the samples to the nearest of the centroids that came out. */
  inertia: number;
}

type Message = { answer: Answer } | { failure: string };

/** Calls are repeated so long, to be timed and to be warm before that. */
const ENOUGH_SECONDS = 0.05;
const WARM_SECONDS = 0.5;

/** A peer in a process of its own: what others compile, allocate or leave behind does not touch it, and it can be stopped. */
export class PeerProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly limitSeconds: number,
  ) {}

  /** @throws where the peer cannot be loaded or takes more than the limit */
  static async start(peer: Peer, shape: Shape, limitSeconds: number): Promise<PeerProcess> {
    const options = { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] as ['ignore', 'ignore', 'ignore', 'ipc'] };
    const started = new PeerProcess(fork(process.argv[1]!, ['--peer', peer.name], options), limitSeconds);
    try {
      await started.request({ ask: 'load', shape });
    } catch (error) {
      started.stop();
      throw error;
    }
    return started;
  }

  cluster(maxIter: number, withInertia = false): Promise<Answer> {
    return this.request({ ask: 'cluster', maxIter, withInertia });
  }

  convert(): Promise<Answer> {
    return this.request({ ask: 'convert' });
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }

  private request(request: Request): Promise<Answer> {
    return new Promise((done, fail) => {
      const { child } = this;
      const end = (settle: () => void) => {
        clearTimeout(timer);
        child.off('message', hear).off('exit', miss);
        settle();
      };
      const hear = (message: Message) =>
        end(() => ('answer' in message ? done(message.answer) : fail(new Error(message.failure))));
      const miss = () => end(() => fail(new Error('its process died')));
      const timer = setTimeout(() => {
        end(() => fail(new Error(`stopped after ${this.limitSeconds} s`)));
        this.stop();
      }, this.limitSeconds * 1000);
      child.on('message', hear).on('exit', miss);
      if (child.connected) child.send(request);
      else miss();
    });
  }
}

/** The life of such a process. */
export function servePeer(name: string): void {
  const peer = [...own, ...peers].find((peer) => peer.name === name)!;
  let cluster: Awaited<ReturnType<Peer['load']>>;
  let job: Job;
  let place: Float64Array;
  const answer = async (request: Request): Promise<Answer> => {
    if (request.ask === 'load') {
      cluster = await peer.load();
      const { values, start, d } = makeProblem(request.shape);
      job = { rows: toRows(values, d), start: toRows(start, d), maxIter: 0 };
      place = new Float64Array(values.length);
      return { seconds: 0, inertia: 0 };
    }
    if (request.ask === 'convert') return { seconds: await timeCall(() => convert(job.rows, place)), inertia: 0 };
    const asked = { ...job, maxIter: request.maxIter };
    if (request.withInertia) {
      const inertia = inertiaOf(job.rows, await cluster(asked));
      await timeCall(() => cluster(asked), WARM_SECONDS);
      return { seconds: 0, inertia };
    }
    return { seconds: await timeCall(() => cluster(asked)), inertia: 0 };
  };
  process.on('message', (request: Request) => {
    answer(request).then(
      (answer) => process.send!({ answer } satisfies Message),
      (error: Error) => process.send!({ failure: error.message } satisfies Message),
    );
  });
}

/** What our own call does before it clusters: rows to one typed array, which like its memory has been used before. */
function convert(rows: number[][], place: Float64Array): void {
  const source = readSource(rows);
  source.write(place, 0, source.nSamples);
}

/** Seconds of one call; a short one is repeated, and the mean taken. */
async function timeCall(call: () => unknown, enoughSeconds = ENOUGH_SECONDS): Promise<number> {
  const once = async () => {
    let pending: unknown;
    const start = performance.now();
    const work = seconds(() => {
      pending = call();
    });
    if (!(pending instanceof Promise)) return work;
    await pending;
    return (performance.now() - start) / 1000;
  };
  let total = await once();
  let calls = 1;
  for (; total < enoughSeconds; calls++) total += await once();
  return total / calls;
}

/** The same for everybody, whatever a package itself may say. */
function inertiaOf(rows: readonly number[][], centroids: readonly ArrayLike<number>[]): number {
  let sum = 0;
  for (const row of rows) {
    let least = Infinity;
    for (const centroid of centroids) {
      let sq = 0;
      for (let f = 0; f < row.length; f++) sq += (row[f]! - centroid[f]!) ** 2;
      if (sq < least) least = sq;
    }
    sum += least;
  }
  return sum;
}
