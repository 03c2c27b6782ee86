/** What draws: Observable Plot, and a document in which it makes elements. */
export interface Kit {
  Plot: typeof import('@observablehq/plot');
  document: Document;
}

let kit: Promise<Kit> | undefined;

/**
 * Loads Plot and, where there is no page, a document of linkedom: once, and again only if it failed.
 * Both are optional peers: throws an `Error` that names the install command where one is missing.
 */
export function loadKit(): Promise<Kit> {
  kit ??= load().catch((error) => {
    kit = undefined;
    throw error;
  });
  return kit;
}

async function load(): Promise<Kit> {
  const Plot = await import('@observablehq/plot').catch((cause) => missing('@observablehq/plot', cause));
  return { Plot, document: globalThis.document ?? (await emptyDocument()) };
}

async function emptyDocument(): Promise<Document> {
  const { parseHTML } = await import('linkedom').catch((cause) => missing('linkedom', cause));
  return parseHTML('<html></html>').document;
}

function missing(name: string, cause: unknown): never {
  throw new Error(`Pictures need ${name}, which could not be loaded: npm install @observablehq/plot linkedom`, {
    cause,
  });
}
