import { describe, expect, it } from 'vitest';
import { helpAbout } from '../../src/cli/help.ts';

describe('the help of one command', () => {
  it.each([
    ['start', '--workers', '--tag'],
    ['dev', '--replay', '--origin'],
    ['record', '--redact', '--workers'],
    ['check', '--dir', '--port'],
    ['routes', '--json', '--port'],
    ['purge', '--soft', '--dir'],
    ['explain', '--user', '--soft'],
    ['breaker', 'open SITE', '--user'],
    ['warm', '--origin', '--tag'],
    ['init', '--target', '--port'],
    ['new', 'route [METHOD] PATH', '--target'],
    ['doctor', '--admin-port', '--workers'],
  ] as const)('%s lists its own flags and no others', (command, own, foreign) => {
    const text = helpAbout(command);
    expect(text).toMatch(new RegExp(`^portico ${command} `));
    expect(text).toContain(own);
    expect(text).not.toContain(foreign);
  });

  it('lists the environment variables of a gateway', () => {
    for (const command of ['start', 'dev', 'record'] as const) expect(helpAbout(command)).toContain('LOG_LEVEL');
    expect(helpAbout('check')).not.toContain('LOG_LEVEL');
    expect(helpAbout('import')).toMatch(/--check +write nothing; exit 1 if the document breaks a route$/m);
    expect(helpAbout('client')).toMatch(/--check +write nothing; exit 1 if the file is not up to date$/m);
  });
});
