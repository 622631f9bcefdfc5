import UPlot from './uplot.js';

const HEIGHT = 220;

let plot;
let place;

const observer = new ResizeObserver(() => {
  if (plot !== undefined && place.clientWidth > 0) plot.setSize({ width: place.clientWidth, height: HEIGHT });
});

/** Draws requests per second and the 95th percentile into an element, or draws them anew. */
export function drawChart(element, points) {
  const data = [points.map(({ at }) => at), points.map(({ rate }) => rate), points.map(({ p95Ms }) => p95Ms)];
  if (plot !== undefined && place === element) {
    plot.setData(data);
    return;
  }
  plot?.destroy();
  observer.disconnect();
  place = element;
  plot = new UPlot(options(element.clientWidth), data, element);
  observer.observe(element);
}

// Colours are read at each drawing, since the reader's scheme may change.
const colour = name => () => getComputedStyle(place).getPropertyValue(name);

/** Marks of the time axis. */
const SECONDS = [2, 5, 10, 15, 30, 60, 120];

function options(width) {
  const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { rate: { range: fromZero }, ms: { range: fromZero } },
    axes: [
      { ...axis, values: (_plot, times) => times.map(clock), space: 90, incrs: SECONDS, size: 28 },
      { ...axis, scale: 'rate', size: 48 },
      { ...axis, scale: 'ms', side: 1, size: 56, grid: { show: false } },
    ],
    series: [
      {},
      { scale: 'rate', stroke: colour('--accent'), width: 2, points: { show: false } },
      { scale: 'ms', stroke: colour('--alert'), width: 2, dash: [6, 4], points: { show: false } },
    ],
  };
}

function fromZero(_plot, _least, most) {
  return [0, Math.max(most ?? 0, 1) * 1.1];
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

function clock(seconds) {
  return CLOCK.format(new Date(seconds * 1_000));
}
