export interface City {
  readonly name: string;
  readonly country: string;
  readonly station: string;
}

export interface Weather {
  readonly sky: string;
  readonly celsius: number | null;
}

export interface Event {
  readonly title: string;
}

interface Parts {
  readonly city: City;
  readonly weather: Weather;
  /** Undefined if the service did not respond in time. */
  readonly events: readonly Event[] | undefined;
}

export function cityPage({ city, weather, events }: Parts): string {
  const degrees = weather.celsius === null ? '' : `, ${weather.celsius} °C`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>${escaped(city.name)}</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <h1>${escaped(city.name)}, ${escaped(city.country)}</h1>
    <p>Weather: ${escaped(weather.sky)}${degrees}</p>
    ${eventList(events)}
    <nav><a href="/cities/lisbon">Lisbon</a> <a href="/cities/bergen">Bergen</a> <a href="/cities/oslo">Oslo</a></nav>
  </body>
</html>
`;
}

function eventList(events: Parts['events']): string {
  if (events === undefined) return '<p>Events: not available at the moment</p>';
  return `<ul>${events.map(({ title }) => `<li>${escaped(title)}</li>`).join('')}</ul>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text from backends is data, not HTML. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, found => ENTITIES[found] ?? found);
}
