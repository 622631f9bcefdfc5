import { describe, expect, it } from 'vitest';
import { rolesOf } from '../../src/identity/roles.ts';

describe('the roles in claims', () => {
  it.each<[path: string, claims: Readonly<Record<string, unknown>>, roles: readonly string[]]>([
    ['roles', { roles: ['a', 'b'] }, ['a', 'b']],
    ['roles', { roles: 'a' }, ['a']],
    ['roles', { roles: 'a b' }, ['a b']],
    ['roles', { roles: ['a', 1, null, '', ['b'], 'a'] }, ['a']],
    ['roles', { roles: '' }, []],
    ['roles', { roles: { a: true } }, []],
    ['roles', { roles: true }, []],
    ['roles', {}, []],
    ['realm_access.roles', { realm_access: { roles: ['a'] } }, ['a']],
    ['realm_access.roles', { realm_access: { roles: ['a'] }, 'realm_access.roles': ['b'] }, ['b']],
    ['realm_access.roles', { realm_access: 'roles' }, []],
    ['realm_access.roles', { realm_access: null }, []],
    ['https://shop.example/roles', { 'https://shop.example/roles': ['a'] }, ['a']],
    ['https://shop.example/access.roles', { 'https://shop.example/access': { roles: ['a'] } }, ['a']],
    ['resource_access.shop.api.roles', { resource_access: { 'shop.api': { roles: ['a'] } } }, ['a']],
    ['a.b.c', { 'a.b': { d: 1 }, a: { b: { c: 'x' } } }, ['x']],
    ['__proto__', {}, []],
    ['constructor.name', {}, []],
    ['list.0', { list: ['a'] }, ['a']],
    ['.', { '': { '': 'a' } }, []],
  ])('at %s in %j are %j', (path, claims, roles) => {
    expect(rolesOf(claims, path)).toEqual(roles);
  });

  it('are 256 at most', () => {
    const roles = Array.from({ length: 1_000 }, (_, i) => `role ${i}`);
    expect(rolesOf({ roles }, 'roles')).toEqual(roles.slice(0, 256));
  });
});
