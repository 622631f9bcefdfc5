import { defineService } from 'portico';

export const places = defineService('places', {
  targets: { env: 'PLACES_TARGETS', default: ['http://127.0.0.1:4001'] },
});

export const weather = defineService('weather', {
  targets: { env: 'WEATHER_TARGETS', default: ['http://127.0.0.1:4002'] },
});

export const events = defineService('events', {
  targets: { env: 'EVENTS_TARGETS', default: ['http://127.0.0.1:4003'] },
});
