/** What is measured of a server. Each figure has one value per round. */
export const FIGURES = {
  cpuMicros: { title: 'CPU, µs', digits: 1 },
  userMicros: { title: 'user CPU, µs', digits: 1 },
  perSecond: { title: 'requests/s', digits: 0 },
  p50Ms: { title: 'p50, ms', digits: 2 },
  p99Ms: { title: 'p99, ms', digits: 2 },
  p999Ms: { title: 'p99.9, ms', digits: 2 },
  latePercentileMs: { title: 'load late, p99, ms', digits: 2 },
  failedPercent: { title: 'failed, %', digits: 2 },
  rssMB: { title: 'RSS, MB', digits: 0 },
  rssBeforeMB: { title: 'RSS before, MB', digits: 0 },
  rssGrowthMB: { title: 'RSS growth, MB', digits: 0 },
  connectionBytes: { title: 'RSS per connection, bytes', digits: 0 },
  cpuMs: { title: 'CPU, ms', digits: 0 },
  wallMs: { title: 'time, ms', digits: 0 },
} as const;

export type FigureName = keyof typeof FIGURES;

export type Figures = Partial<Record<FigureName, readonly number[]>>;

/** The figures of the servers of one scenario, by the name of the server. */
export type FiguresBySubject = Readonly<Record<string, Figures>>;

/** Figures of the same servers beside those that are known. */
export function joined(...all: readonly FiguresBySubject[]): FiguresBySubject {
  const names = new Set(all.flatMap(each => Object.keys(each)));
  return Object.fromEntries([...names].map(name => [name, Object.assign({}, ...all.map(each => each[name]))]));
}
