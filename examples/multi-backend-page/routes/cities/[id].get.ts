import { defineRoute, type } from 'portico';
import { events, places, weather } from '../../services.ts';
import { type City, cityPage, type Event, type Weather } from '../../views/city.ts';

export default defineRoute('/cities/[id]', {
  aggregate: {
    // A required part: if it fails, the page fails. An unknown city is a 404.
    city: {
      from: places('/places/[id]'),
      response: type<City>(),
      cache: { ttl: '1h' },
    },
    // Starts after the city, since it needs the name of the station.
    weather: {
      dependsOn: ['city'],
      from: (_c, { city }) => weather`/stations/${city.station}`,
      response: type<Weather>(),
      cache: { ttl: '1m', swr: '10m' },
      fallback: { sky: 'unknown', celsius: null },
    },
    // Starts at once, in parallel to the city. The page is sent without it if it takes too long.
    events: {
      from: events('/events/[id]'),
      response: type<readonly Event[]>(),
      timeout: '300ms',
      optional: true,
    },
  },
  // For JSON the value itself is enough: `reply: parts => parts`.
  reply: parts => new Response(cityPage(parts), { headers: { 'content-type': 'text/html; charset=utf-8' } }),
});
