import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/config-loader/address.ts';
import { BUILT_IN_MATCHERS } from '../../src/router/matchers.ts';
import { compileTable, type RouteTable, type TableEntry } from '../../src/router/route-table.ts';

const MATCHERS = new Map(BUILT_IN_MATCHERS.map(matcher => [matcher.name, matcher]));

function entry(file: string, hosts: readonly string[] = []): TableEntry<string> {
  const address = parseAddress(`routes/${file}.ts`, MATCHERS);
  if (!('segments' in address)) throw new Error(address[0]?.message);
  return { ...address, hosts, value: file };
}

function table(...files: readonly string[]): RouteTable<string> {
  return compileTable(files.map(file => entry(file)));
}

function find(of: RouteTable<string>, path: string, method = 'GET', host = 'a.example') {
  const match = of.match(method, host, path.slice(1).split('/'));
  return match.kind === 'found' ? match.value : match.kind;
}

function params(of: RouteTable<string>, path: string) {
  const match = of.match('GET', 'a.example', path.slice(1).split('/'));
  return match.kind === 'found' ? { ...match.params } : undefined;
}

describe('precedence', () => {
  const ORDER = ['a/7', 'a/[id=int]', 'a/[id]', 'a/[[opt]]', 'a/[...rest]'];

  it.each(ORDER.map((_, i) => ORDER.slice(i)))('selects %s first', (...files) => {
    expect(find(table(...files), '/a/7')).toBe(files[0]);
    expect(find(table(...files.toReversed()), '/a/7')).toBe(files[0]);
  });

  it('falls back to a less specific folder when the specific one has no match', () => {
    const of = table('a/b/c', '[x]/[y]/d', '[...rest]');
    expect(find(of, '/a/b/d')).toBe('[x]/[y]/d');
    expect(find(of, '/a/b/e')).toBe('[...rest]');
  });

  it('is decided by the first segment that differs', () => {
    expect(find(table('a/[...rest]', '[x]/b'), '/a/b')).toBe('a/[...rest]');
  });

  it('tries the matchers of one segment in a fixed order, slug last', () => {
    const uuid = '/0b5b3c52-6a2e-4a5b-9e61-2f3d0c2b7f11';
    expect(find(table('[s=slug]', '[u=uuid]'), uuid)).toBe('[u=uuid]');
    expect(find(table('[s=slug]', '[n=int]'), '/7')).toBe('[n=int]');
    expect(find(table('[s=slug]', '[n=int]'), '/seven')).toBe('[s=slug]');
    expect(find(table('[s=slug]', '[n=int]'), '/Seven')).toBe('none');
  });
});

describe('optional segments', () => {
  const of = table('[[lang]]/about', '[[lang]]/index', '[page]');

  it('may be present or absent', () => {
    expect(params(of, '/de/about')).toEqual({ lang: 'de' });
    expect(params(of, '/about')).toEqual({});
    expect(find(of, '/')).toBe('[[lang]]/index');
  });

  it('do not count when they are absent: a literal after one beats a param', () => {
    expect(find(of, '/about')).toBe('[[lang]]/about');
    expect(find(of, '/contact')).toBe('[page]');
  });

  it('lose against a file without omitted segments', () => {
    expect(find(table('[[lang]]/about', 'about'), '/about')).toBe('about');
    expect(find(table('[[lang]]', 'index'), '/')).toBe('index');
  });

  it('are filled from the left', () => {
    expect(params(table('[[a]]/[[b]]'), '/x')).toEqual({ a: 'x' });
    expect(params(table('[[a]]/[[b]]'), '/x/y')).toEqual({ a: 'x', b: 'y' });
  });

  it('may have a matcher', () => {
    const pages = table('list/[[page=int]]');
    expect(params(pages, '/list')).toEqual({});
    expect(params(pages, '/list/2')).toEqual({ page: '2' });
    expect(find(pages, '/list/two')).toBe('none');
  });
});

describe('rest parameters', () => {
  it('match all remaining segments as a list', () => {
    expect(params(table('files/[...path]'), '/files/a/b')).toEqual({ path: ['a', 'b'] });
  });

  it('match at least one segment, unless they are optional', () => {
    expect(find(table('files/[...path]'), '/files')).toBe('none');
    expect(params(table('files/[[...path]]'), '/files')).toEqual({});
    expect(params(table('[[...path]]'), '/')).toEqual({});
  });

  it('keep a trailing slash after a segment, and start with one only if they may be empty', () => {
    expect(params(table('files/[...path]'), '/files/a/')).toEqual({ path: ['a', ''] });
    expect(find(table('files/[...path]'), '/files/')).toBe('none');
    expect(params(table('files/[[...path]]'), '/files/')).toEqual({ path: [''] });
    expect(find(table('files/[[page]]'), '/files/')).toBe('none');
  });
});

describe('paths', () => {
  it('differ by a trailing slash', () => {
    expect(find(table('a', '[x]/[y]'), '/a/')).toBe('none');
    expect(find(table('a', '[x]/[y]'), '/a')).toBe('a');
  });

  it('are matched with case', () => {
    expect(find(table('Users'), '/users')).toBe('none');
  });

  it('match the root only as the root', () => {
    expect(find(table('index'), '/')).toBe('index');
    expect(find(table('index'), '/index')).toBe('none');
    expect(find(table('[id]'), '/')).toBe('none');
  });

  it('have decoded params', () => {
    expect(params(table('[a]/[b]'), '/über/50%/'.slice(0, -1))).toEqual({ a: 'über', b: '50%' });
  });

  it('keep params separate from the prototype, whatever their names', () => {
    const match = table('[__proto__]/[constructor]').match('GET', '', ['a', 'b']);
    if (match.kind !== 'found') throw new Error(match.kind);
    expect(Object.entries(match.params)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    expect(table('[id]').match('GET', '', ['x'])).not.toHaveProperty('params.toString');
    expect(find(table('a'), '/__proto__')).toBe('none');
  });

  it('may be long: params have no maximum length', () => {
    expect(params(table('[id]'), `/${'x'.repeat(5_000)}`)).toEqual({ id: 'x'.repeat(5_000) });
  });
});

describe('methods', () => {
  it('belong to the match: a more general file serves the methods that the specific one lacks', () => {
    const of = table('a/special.get', 'a/[id].delete');
    expect(find(of, '/a/special')).toBe('a/special.get');
    expect(find(of, '/a/special', 'DELETE')).toBe('a/[id].delete');
  });

  it('prefer the file that names them', () => {
    expect(find(table('x', 'x.get'), '/x')).toBe('x.get');
    expect(find(table('x', 'x.get'), '/x', 'PUT')).toBe('x');
    expect(find(table('x'), '/x', 'PROPFIND')).toBe('x');
  });

  it('use GET for HEAD, unless a file serves HEAD', () => {
    expect(find(table('x', 'x.get'), '/x', 'HEAD')).toBe('x.get');
    expect(find(table('x.head', 'x.get'), '/x', 'HEAD')).toBe('x.head');
    expect(find(table('x.post'), '/x', 'HEAD')).toBe('method');
  });

  it('are listed in Allow when no file serves the method', () => {
    const of = table('x.post', 'x.get', '[id].delete', '[...rest].patch');
    expect(of.match('PUT', '', ['x'])).toEqual({
      kind: 'method',
      allow: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS'],
    });
    expect(of.match('PUT', '', ['y'])).toEqual({ kind: 'method', allow: ['PATCH', 'DELETE', 'OPTIONS'] });
  });

  it('leave OPTIONS to the gateway if no file serves it', () => {
    expect(find(table('x.get'), '/x', 'OPTIONS')).toBe('method');
    expect(find(table('x.get', 'x.options'), '/x', 'OPTIONS')).toBe('x.options');
    expect(find(table('x'), '/x', 'OPTIONS')).toBe('x');
    expect(find(table('x.get'), '/y', 'OPTIONS')).toBe('none');
  });
});

describe('hosts', () => {
  const of = compileTable([
    entry('x.get', ['shop.example', 'www.shop.example']),
    entry('only.get', ['shop.example']),
    entry('[id].get'),
    entry('[id].post'),
  ]);

  it('use their own files first, however general the others are', () => {
    expect(find(of, '/x', 'GET', 'shop.example')).toBe('x.get');
    expect(find(of, '/x', 'GET', 'www.shop.example')).toBe('x.get');
    expect(find(of, '/x', 'GET', 'other.example')).toBe('[id].get');
    expect(find(of, '/only', 'GET', 'www.shop.example')).toBe('[id].get');
  });

  it('fall back to the files for every host, by path and by method', () => {
    expect(find(of, '/y', 'GET', 'shop.example')).toBe('[id].get');
    expect(find(of, '/x', 'POST', 'shop.example')).toBe('[id].post');
    expect(of.match('PUT', 'shop.example', ['x'])).toEqual({
      kind: 'method',
      allow: ['GET', 'HEAD', 'POST', 'OPTIONS'],
    });
  });

  it('are unknown only if every file belongs to a host', () => {
    const groups = compileTable([entry('x', ['shop.example'])]);
    expect(find(groups, '/x', 'GET', 'other.example')).toBe('host');
    expect(find(groups, '/y', 'GET', 'shop.example')).toBe('none');
    expect(find(compileTable([]), '/x')).toBe('none');
  });
});
