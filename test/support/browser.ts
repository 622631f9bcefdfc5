import { accessSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function findBrowser(): string | undefined {
  return PATHS.find(path => {
    try {
      accessSync(path);
      return true;
    } catch {
      return false;
    }
  });
}

const executablePath = findBrowser();

/** Why browser tests cannot run here; undefined if they can. In CI a missing browser is a failure. */
export const noBrowser: string | undefined =
  executablePath === undefined && process.env.CI === undefined
    ? 'no Chromium here: apt-get install chromium'
    : undefined;

// Headless, and without calls to the vendor's servers.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function openBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('no Chromium here: apt-get install chromium');
  return chromium.launch({ executablePath, args: FLAGS });
}
