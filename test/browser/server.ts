import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import workerSource from '../../src/generated/worker.js';

/** Pages by name, with the headers that everything in their folder is sent with. They are visited in this order. */
export type Pages<Name extends string> = Readonly<Record<Name, Readonly<Record<string, string>>>>;

export interface Site {
  /** Of the first page. */
  url: string;
  close(): void;
}

const html =
  '<!doctype html><meta charset="utf-8"><title>kmeans-simd</title><script type="module" src="page.js"></script>';

/** Serves the pages, all of one script, with the built library, and hands on what they post; each is sent to the next one then. */
export async function serve<Name extends string>(
  pages: Pages<Name>,
  script: string,
  onAnswer: (name: Name, answer: unknown) => void,
): Promise<Site> {
  const files: Record<string, string> = {
    '': html,
    'index.js': readFileSync('dist/esm/index.js', 'utf8'),
    'worker.js': workerSource,
    'page.js': await bundle(script),
    'in-worker.js': await bundle('test/browser/in-worker.ts'),
  };
  const names = Object.keys(pages) as Name[];
  const server = createServer(async (request, response) => {
    const [, name, file] = decodeURI(request.url!).split('/') as [string, Name, string];
    const send = (status: number, type: string, text = '') =>
      response.writeHead(status, { ...pages[name], 'content-type': `text/${type}; charset=utf-8` }).end(text);
    if (request.method === 'POST') {
      onAnswer(name, JSON.parse(await textOf(request)));
      const next = names[names.indexOf(name) + 1];
      send(200, 'plain', next ? `/${next}/` : 'about:blank');
    } else if (name in pages && file in files) send(200, file ? 'javascript' : 'html', files[file]);
    else send(404, 'plain');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/${names[0]}/`, close };
}

/** A script of the page; the library stays an import of the built file. */
async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    plugins: [
      {
        name: 'library-is-the-built-one',
        setup: ({ onResolve }) =>
          onResolve({ filter: /\/src\/index\.js$/ }, () => ({ path: './index.js', external: true })),
      },
    ],
  });
  return outputFiles[0]!.text;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part;
  return text;
}
