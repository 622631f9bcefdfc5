import { registerHooks } from 'node:module';

/** Prints what a program loads: the files, and the parts of Node. */
const [mode = '', dir = ''] = process.argv.slice(2);
const files: string[] = [];
registerHooks({
  load: (url, context, next) => {
    if (url.startsWith('file:')) files.push(url);
    return next(url, context);
  },
});

const { createGateway } = await import('portico');
if (mode === 'serve') {
  const gateway = await createGateway({ dir });
  await gateway.listen({ port: 0 });
  await gateway.close({ graceMs: 0 });
}
// Its type omits it.
console.log(JSON.stringify({ files, ofNode: Reflect.get(process, 'moduleLoadList') }));
