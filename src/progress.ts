import type { Iteration } from './algorithms/lloyd.js';
import type { Work } from './backend/pass.js';
import type { Fit } from './fit.js';
import type { Progress } from './types.js';

/** Tells a listener in the order of the works, which may go on side by side: what comes too early is kept for later. */
export class Reports {
  private readonly begun = performance.now();
  private readonly early: { work: number; progress: Progress }[] = [];
  private readonly ended: boolean[] = [];
  private current = 0;

  constructor(private readonly listener: (progress: Progress) => void) {}

  tell(work: number, progress: Progress): void {
    const { listener } = this;
    if (work === this.current) listener(progress);
    else this.early.push({ work, progress });
  }

  /** Tells of an iteration; the inertia costs a pass, so it is taken only if somebody listens. */
  *tellOf(fit: Fit, run: number, { iteration, shift, changed }: Iteration): Work {
    const { maxIter, nInit: runs } = fit.options;
    const inertia = yield* fit.run.inertia();
    const elapsedMs = performance.now() - this.begun;
    this.tell(run, { run, runs, iteration, maxIter, inertia, shift, changed, elapsedMs });
  }

  /** A work is done. */
  end(work: number): void {
    this.ended[work] = true;
    while (this.ended[this.current]) {
      this.current++;
      // Those of works that are still to come are kept once more.
      for (const { work, progress } of this.early.splice(0)) this.tell(work, progress);
    }
  }
}
