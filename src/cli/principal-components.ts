const rounds = 60;

/**
 * The samples (n × d, row by row) seen along the two directions in which they vary most: n × 2. Power iteration on the
 * covariance, which is never built; the second direction is kept at right angles to the first.
 */
export function principalComponents(values: Float64Array, d: number): Float64Array {
  const centred = centre(values, d);
  const first = strongestDirection(centred, d, undefined);
  const second = strongestDirection(centred, d, first);
  const seen = new Float64Array((2 * values.length) / d);
  for (let i = 0; i < seen.length / 2; i++) {
    seen[2 * i] = dot(centred, i * d, first);
    seen[2 * i + 1] = dot(centred, i * d, second);
  }
  return seen;
}

function centre(values: Float64Array, d: number): Float64Array {
  const means = new Float64Array(d);
  const n = values.length / d;
  for (let i = 0; i < values.length; i++) means[i % d]! += values[i]! / n;
  return values.map((value, i) => value - means[i % d]!);
}

function strongestDirection(centred: Float64Array, d: number, other: Float64Array | undefined): Float64Array {
  // a start without symmetry, so that it is at right angles to no direction that data are likely to have
  let direction = Float64Array.from({ length: d }, (_, j) => 1 + ((j * 0.618034) % 1));
  for (let round = 0; round < rounds; round++) {
    const next = new Float64Array(d);
    for (let start = 0; start < centred.length; start += d) {
      const along = dot(centred, start, direction);
      for (let j = 0; j < d; j++) next[j]! += along * centred[start + j]!;
    }
    if (other) removePart(next, other);
    const length = Math.hypot(...next);
    if (!(length > 0)) break;
    direction = next.map((value) => value / length);
  }
  if (other) removePart(direction, other);
  return direction;
}

function removePart(vector: Float64Array, other: Float64Array): void {
  const along = dot(vector, 0, other);
  for (let j = 0; j < vector.length; j++) vector[j]! -= along * other[j]!;
}

function dot(values: Float64Array, start: number, direction: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < direction.length; j++) sum += values[start + j]! * direction[j]!;
  return sum;
}
