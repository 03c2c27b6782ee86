/** When things happen, in seconds: every iteration takes equally long, and the end stays in view before it starts again. */
export interface Timeline {
  iterations: number;
  perIteration: number;
  total: number;
}

const SLOWEST = 1.2;
const LONGEST_PLAY = 24;
const REST = 2.5;

/** Few iterations are shown slowly, many as fast as it takes to see them all in 24 seconds. */
export function timelineOf(iterations: number): Timeline {
  const perIteration = Math.min(SLOWEST, LONGEST_PLAY / iterations);
  return { iterations, perIteration, total: iterations * perIteration + REST };
}

/** A keyframe: the moment as an iteration from 0 (1.5: half-way through the second) and the declarations that hold then. */
export type Keyframe = readonly [moment: number, declarations: string];

/**
 * Collects the CSS animations of one picture. Elements that do the same share a class. `name` starts every class and
 * must differ between pictures, for several of them may stand on one page.
 */
export class Animations {
  readonly #classes = new Map<string, string>();
  readonly #rules: string[] = [];

  constructor(
    readonly name: string,
    readonly timeline: Timeline,
  ) {}

  /** The class of what jumps from one keyframe to the next. */
  stepped(keyframes: readonly Keyframe[]): string {
    return this.#add(keyframes, 'step-end', '');
  }

  /** The class of what glides between the keyframes; `declarations` hold while it is animated. */
  gliding(keyframes: readonly Keyframe[], declarations = ''): string {
    return this.#add(keyframes, 'ease-in-out', declarations);
  }

  /** The class of what is visible in one iteration only; the last stays until the end. */
  during(iteration: number): string {
    const frames: Keyframe[] = [[iteration, 'opacity:1']];
    if (iteration > 0) frames.unshift([0, 'opacity:0']);
    if (iteration < this.timeline.iterations - 1) frames.push([iteration + 1, 'opacity:0']);
    return this.stepped(frames);
  }

  /** The style sheet. Nothing moves for those who prefer that. */
  css(): string {
    return `@media (prefers-reduced-motion:no-preference){${this.#rules.join('')}}`;
  }

  #add(keyframes: readonly Keyframe[], timing: string, declarations: string): string {
    const body = this.#body(keyframes);
    const known = this.#classes.get(timing + body);
    if (known !== undefined) return known;
    const name = `${this.name}-${this.#classes.size}`;
    const animation = `animation:${name} ${this.timeline.total.toFixed(2)}s ${timing} infinite`;
    this.#rules.push(`.${name}{${animation}${declarations && `;${declarations}`}}@keyframes ${name}{${body}}`);
    this.#classes.set(timing + body, name);
    return name;
  }

  /** The keyframes less those that repeat what is between two of the same; the last one holds to the end. */
  #body(keyframes: readonly Keyframe[]): string {
    const needed = keyframes.filter(([, declarations], i) => {
      const before = keyframes[i - 1]?.[1];
      return before !== declarations || (i < keyframes.length - 1 && keyframes[i + 1]![1] !== declarations);
    });
    const last = needed.at(-1)![1];
    return [
      ...needed.map(([moment, declarations]) => `${this.#percent(moment)}%{${declarations}}`),
      `100%{${last}}`,
    ].join('');
  }

  #percent(moment: number): string {
    return String(Number(((100 * moment * this.timeline.perIteration) / this.timeline.total).toFixed(3)));
  }
}

/** A short name for a text, the same for the same text (FNV-1a, 32 bits). */
export function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}
