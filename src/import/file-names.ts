import type { ImportReport } from './import-report.ts';

/** Of a folder or a file on the usual file systems, in bytes. */
const MAX_NAME = 255;
/** Names that Windows keeps for devices, characters that it has in no name, and ends that it drops. */
const NOT_ON_WINDOWS = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)|[<>:"|?*]|[. ]$/i;

interface NamedFile {
  readonly file: string;
  readonly pointer: string;
}

/** Names that no file can have, and those that are trouble on other systems than this one. */
export function reportFileNames(files: readonly NamedFile[], report: ImportReport): void {
  const written = new Map<string, string>();
  for (const { file, pointer } of files) {
    const steps = file.split('/');
    if (steps.some(step => Buffer.byteLength(step) > MAX_NAME)) {
      const message = `no file can have a name of more than ${MAX_NAME} bytes: ${file.slice(0, 80)}...`;
      report.mistake(pointer, message, 'choose a shorter name in the document, or write this file by hand');
    }
    if (steps.some(step => NOT_ON_WINDOWS.test(step))) report.note(pointer, `Windows cannot have the file ${file}`);
    for (const [i] of steps.entries()) {
      const name = steps.slice(0, i + 1).join('/');
      const other = written.get(name.toLowerCase()) ?? name;
      written.set(name.toLowerCase(), other);
      if (other !== name) report.note(pointer, `on macOS and Windows ${name} is the same as ${other}`);
    }
  }
}
