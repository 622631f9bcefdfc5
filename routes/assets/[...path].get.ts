import { defineRoute } from 'portico';
import { images } from '#services';

// `cache: {}`: kept for as long as the image server's own headers say.
export default defineRoute('/assets/[...path]', {
  proxy: images,
  cache: {},
});
