import { expect, it } from 'vitest';
import { configuredTarget } from '../../../src/service/balance/configured-targets.ts';

it.each([
  ['http://u:p4ss@h', '"http://…@h" is no target: an address carries no user and password'],
  ['http://h/?key=p4ss', '"http://h/?…" is no target: an address ends with its path'],
])('an address of a function is reported without its secrets: %s', (address, message) => {
  expect(() => configuredTarget(address)).toThrow(new TypeError(message));
});
