// Compiles assembly/ for every target of asconfig.json and writes each binary as a base64 string into src/generated/.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const { targets } = JSON.parse(readFileSync('asconfig.json', 'utf8'));
mkdirSync('src/generated', { recursive: true });
mkdirSync('build', { recursive: true });

for (const target of Object.keys(targets)) {
  const { error, stderr } = await asc.main(['--config', 'asconfig.json', '--target', target]);
  const messages = stderr.toString();
  if (messages) process.stderr.write(messages);
  if (error) process.exit(1);
  const bytes = readFileSync(targets[target].outFile);
  writeFileSync(
    `src/generated/${target}.ts`,
    `// Made by scripts/build-wasm.mjs from assembly/.\nexport default '${bytes.toString('base64')}';\n`,
  );
  console.log(`${target}.wasm  ${bytes.length} bytes`);
}
