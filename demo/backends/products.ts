export interface Product {
  readonly id: string;
  readonly name: string;
  /** In cents. */
  readonly price: number;
  readonly description: string;
  readonly sellerId: string;
}

export const PRODUCTS: readonly Product[] = [
  {
    id: 'ember-teapot',
    name: 'Ember teapot',
    price: 6_400,
    description:
      'Cast iron, enamelled inside, with a bent-ash handle. Keeps a litre of tea warm through a long letter.',
    sellerId: 'kiln-and-kettle',
  },
  {
    id: 'dusk-lamp',
    name: 'Dusk table lamp',
    price: 12_900,
    description: 'A linen shade on a turned oak stem. Dims by touch, from reading light down to a glow.',
    sellerId: 'north-window',
  },
  {
    id: 'milking-stool',
    name: 'Three-legged stool',
    price: 8_900,
    description: 'Solid ash, wedged and oiled. Three legs never wobble, whatever the floor thinks.',
    sellerId: 'bent-ash',
  },
  {
    id: 'bud-vase',
    name: 'Tall bud vase',
    price: 3_600,
    description: 'Thrown in one pull, glazed by ash and chance. Room for one branch, which is enough.',
    sellerId: 'kiln-and-kettle',
  },
  {
    id: 'mantel-clock',
    name: 'Slow mantel clock',
    price: 14_800,
    description: 'A silent sweep movement in a lime-waxed arch. Tells the time and lets it be.',
    sellerId: 'north-window',
  },
  {
    id: 'morning-mug',
    name: 'Morning mug',
    price: 1_900,
    description: 'Speckled stoneware, wide handle, 320 ml. Gets along with dishwashers and early hours.',
    sellerId: 'kiln-and-kettle',
  },
  {
    id: 'potted-fig',
    name: 'Fig in a pot',
    price: 4_200,
    description: 'A rubber fig, two years old, in a terracotta pot. Needs light and little else.',
    sellerId: 'green-threshold',
  },
  {
    id: 'kitchen-radio',
    name: 'Kitchen radio',
    price: 15_900,
    description: 'FM, DAB+ and one good speaker in a walnut case. Two knobs. No account needed.',
    sellerId: 'north-window',
  },
  {
    id: 'beeswax-candles',
    name: 'Beeswax candles',
    price: 1_600,
    description: 'A hand-dipped pair that burns for nine hours and smells faintly of summer. Brass holders included.',
    sellerId: 'green-threshold',
  },
  {
    id: 'arch-mirror',
    name: 'Arch mirror',
    price: 18_900,
    description: 'A brass-framed arch for the hall shelf. The last look before you leave the house.',
    sellerId: 'bent-ash',
  },
  {
    id: 'wool-throw',
    name: 'Highland wool throw',
    price: 9_900,
    description: 'Woven from undyed yarn with two stripes of madder red. Heavy enough to stay where you are.',
    sellerId: 'loom-lane',
  },
  {
    id: 'stone-bookends',
    name: 'Travertine bookends',
    price: 5_400,
    description: 'Two quarter arches cut from one stone. They hold up to a shelf of atlases between them.',
    sellerId: 'bent-ash',
  },
];

export function findProduct(id: string | undefined): Product | undefined {
  return PRODUCTS.find(product => product.id === id);
}

/** Ids of the products beside it on the shelf. */
export function goesWith(product: Product): readonly string[] {
  const at = PRODUCTS.indexOf(product);
  return [1, 2, 3].map(n => PRODUCTS[(at + n) % PRODUCTS.length]?.id ?? '');
}
