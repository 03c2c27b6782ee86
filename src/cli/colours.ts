/** Of the 256 colours of a terminal those nearest to the hues of the SVG pictures, legible on dark and on light ground. */
const clusterColours = [33, 202, 36, 169, 178, 74, 98, 102];

export interface Paint {
  coloured: boolean;
  cluster(index: number, text: string): string;
  /** Reversed: the cluster's colour behind the text. */
  mark(index: number, text: string): string;
  bold(text: string): string;
  dim(text: string): string;
}

/** Wraps texts in colours, or leaves them alone. */
export function createPaint(enabled: boolean): Paint {
  const wrap = (code: string) => (text: string) => (enabled ? `\x1b[${code}m${text}\x1b[0m` : text);
  const colour = (index: number) => `38;5;${clusterColours[index % clusterColours.length]!}`;
  return {
    coloured: enabled,
    cluster: (index, text) => wrap(colour(index))(text),
    mark: (index, text) => wrap(`1;7;${colour(index)}`)(text),
    bold: wrap('1'),
    dim: wrap('2'),
  };
}
