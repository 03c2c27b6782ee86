/** Share of labels that changed last, by the share of looks that is too many, at which bounds begin to pay where they wait. */
const PATIENT_START = 0.1;

/** The same share where estimates of bytes assign meanwhile. */
const ESTIMATED_START = 0.03;

/** … and by how much more if these lose all of their gain. */
const ESTIMATED_SLOPE = 0.04;

/** As good as all. */
const NEARLY_ALL = 0.999;

/** When bounds begin: as long as many labels change they hold for few samples, and assignment without them is cheaper. */
export class Patience {
  /** Labels that may have changed last for bounds to begin; n: they wait no more. */
  private most = 0;
  /** No more than that since bounds paid too little. */
  private limit = 0;
  private last = 0;

  private constructor(
    private readonly n: number,
    private readonly start: number,
    /** Whether estimates of bytes assign meanwhile. */
    private readonly estimated: boolean,
  ) {}

  /** Of bounds that begin at once. */
  static none(n: number): Patience {
    return new Patience(n, 1, false);
  }

  /** Plain assignment goes before bounds: only once, or until few labels change. */
  static plain(n: number, patient: boolean, enoughLooks: number): Patience {
    return new Patience(n, patient ? PATIENT_START * enoughLooks : NEARLY_ALL, false);
  }

  static estimated(n: number): Patience {
    return new Patience(n, ESTIMATED_START, true);
  }

  restart(): void {
    this.limit = this.n;
    this.most = this.n * this.start;
  }

  /** Whether bounds are to wait after an assignment that changed so many labels. */
  waits(changed: number): boolean {
    // If labels settle as fast as before, a pass or two may be left: too few for bounds to pay.
    const settling = this.estimated && changed ** 2 < this.last;
    this.last = changed;
    return changed > this.most || settling;
  }

  /** Whether they are to wait although estimates of bytes lose that part of their gain; if not, they never do again. */
  goesOn(spent: number): boolean {
    const { n, start, limit } = this;
    this.most = spent < 1 ? Math.min(n * (start + ESTIMATED_SLOPE * spent), limit) : n;
    return spent < 1;
  }

  /** Whether bounds that pay too little may wait once more. */
  get mayReturn(): boolean {
    return this.most < this.n;
  }

  /** Has them wait until half as many labels change. */
  returnAfter(changed: number): void {
    this.limit = changed / 2;
    this.most = this.limit;
  }
}
