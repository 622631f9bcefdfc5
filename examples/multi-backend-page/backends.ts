import type { Backends } from '../backends.ts';

const places = new Map([
  ['lisbon', { name: 'Lisbon', country: 'Portugal', station: 'LIS-1' }],
  ['bergen', { name: 'Bergen', country: 'Norway', station: 'BGO-4' }],
  ['oslo', { name: 'Oslo', country: 'Norway', station: 'OSL-2' }],
]);

const weather = new Map([
  ['LIS-1', { sky: 'sunny', celsius: 24 }],
  ['BGO-4', { sky: 'rain', celsius: 9 }],
]);

export default {
  places: ({ path }) => places.get(path.replace('/places/', '')),
  weather: ({ path }) => {
    const measured = weather.get(path.replace('/stations/', ''));
    if (measured === undefined) throw new Error('the station of Oslo is broken');
    return measured;
  },
  events: ({ path }) => {
    // Never responds for Bergen, but the page does not wait for it.
    if (path.endsWith('/bergen')) return new Promise(() => undefined);
    return [{ title: 'Night of the museums' }, { title: 'Fish & bread market' }];
  },
} satisfies Backends;
