import { archMirror, duskLamp, mantelClock, milkingStool, stoneBookends } from './furniture.ts';
import { scene } from './scene.ts';
import { pottedFig, woolThrow } from './soft.ts';
import { beeswaxCandles, budVase, emberTeapot, kitchenRadio, morningMug } from './table.ts';

/** Product id to SVG document. */
export const PICTURES: Readonly<Record<string, string>> = {
  'ember-teapot': scene(emberTeapot),
  'dusk-lamp': scene(duskLamp),
  'milking-stool': scene(milkingStool),
  'bud-vase': scene(budVase),
  'mantel-clock': scene(mantelClock),
  'morning-mug': scene(morningMug),
  'potted-fig': scene(pottedFig),
  'kitchen-radio': scene(kitchenRadio),
  'beeswax-candles': scene(beeswaxCandles),
  'arch-mirror': scene(archMirror),
  'wool-throw': scene(woolThrow),
  'stone-bookends': scene(stoneBookends),
};
