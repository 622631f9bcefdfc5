import { describe, expect, it } from 'vitest';
import { ProjectError } from '../src/config-loader/project-error.ts';
import { requireOwnPackage } from '../src/own-package.ts';

describe('requireOwnPackage', () => {
  it('finds the package of the code', () => {
    expect(() => requireOwnPackage()).not.toThrow();
  });

  it.each([
    ['file:///a%20b/server.mjs', 'the bundle /a b/server.mjs'],
    // What a bundler writes that keeps names of its own, or that runs code without a file.
    ['webpack://shop/node_modules/portico/own-package.js', 'the bundle webpack://shop/'],
    ['data:text/javascript,1', 'the bundle data:text/javascript,1'],
  ])('names the bundle: %s', (url, where) => {
    expect(() => requireOwnPackage(url)).toThrow(ProjectError);
    expect(() => requireOwnPackage(url)).toThrow(where);
  });
});
