// Compiles assembly/ for every target of asconfig.json into src/generated/: the first as text, the others, which hardly differ
// from it, as edits of that. src/backend/binary-text.ts reads both.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

/** Bytes that have to agree before two binaries count as being in step again. */
const IN_STEP = 3;

const { targets } = JSON.parse(readFileSync('asconfig.json', 'utf8'));
mkdirSync('src/generated', { recursive: true });
mkdirSync('build', { recursive: true });

let first;
for (const target of Object.keys(targets)) {
  const { error, stderr } = await asc.main(['--config', 'asconfig.json', '--target', target]);
  const messages = stderr.toString();
  if (messages) process.stderr.write(messages);
  if (error) process.exit(1);
  const bytes = readFileSync(targets[target].outFile);
  const source = first ? editsOf(first, bytes) : quoted(bytes);
  first ??= bytes;
  writeFileSync(
    `src/generated/${target}.ts`,
    `// Made by scripts/build-wasm.mjs from assembly/.\nexport default ${source};\n`,
  );
  console.log(`${target}.wasm  ${bytes.length} bytes, ${source.length} characters`);
}

/** A string literal with a character for each byte, as decodeBytes of src/backend/binary-text.ts reads it. */
function quoted(bytes) {
  const text = String.fromCharCode(...bytes);
  return `'${text.replace(/[\0\n\r'\\]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`;
}

/** What turns the text of `from` into that of `to`, as applyEdits reads it. */
function editsOf(from, to) {
  const steps = [];
  const inserted = [];
  let kept = 0;
  for (let i = 0, j = 0; i < from.length || j < to.length; ) {
    if (i < from.length && from[i] === to[j]) {
      i++;
      j++;
      kept++;
      continue;
    }
    const { drop, insert } = nearestStep(from.subarray(i), to.subarray(j));
    steps.push(kept, drop, insert);
    inserted.push(...to.subarray(j, j + insert));
    i += drop;
    j += insert;
    kept = 0;
  }
  return `[[${steps}], ${quoted(inserted)}] as const`;
}

/** How many bytes to leave out of one and to take from the other, the fewest in all, until both are in step again. */
function nearestStep(from, to) {
  for (let total = 1; ; total++)
    for (let drop = 0; drop <= total; drop++) {
      const insert = total - drop;
      if (from.subarray(drop, drop + IN_STEP).equals(to.subarray(insert, insert + IN_STEP))) return { drop, insert };
    }
}
