import type { Theme } from './options.js';
import { colourOf, coloursOf, type Paint, paintClass } from './theme.js';

export interface Strokes {
  fill?: Paint | 'none';
  stroke?: Paint | 'none';
}

export interface BrushAttributes extends Record<string, string | undefined> {
  fill?: string;
  stroke?: string;
  class?: string;
}

/**
 * Gives the attributes that colour an element: the colours themselves, and the classes that recolour it in the dark,
 * after `className` if the element has one of its own.
 */
export type Brush = (strokes: Strokes, className?: string) => BrushAttributes;

export function brush(theme: Theme): Brush {
  const colours = coloursOf(theme);
  return (strokes, className = '') => {
    const attributes: BrushAttributes = {};
    const classes = className === '' ? [] : [className];
    for (const property of ['fill', 'stroke'] as const) {
      const paint = strokes[property];
      if (paint === undefined) continue;
      attributes[property] = paint === 'none' ? paint : colourOf(paint, colours);
      if (paint !== 'none') classes.push(paintClass(paint, property));
    }
    return { ...attributes, class: classes.join(' ') || undefined };
  };
}

/** The same for one of Plot's marks. */
export function markStyle(attributes: BrushAttributes) {
  const { class: className, ...colours } = attributes;
  return { ...colours, className };
}
