import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startShop } from '../demo/shop.ts';
import { openBrowser } from '../test/support/browser.ts';
import { runPortico } from '../test/support/command.ts';

// Takes the README's picture of the shop.
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PICTURE = fileURLToPath(new URL('../docs/shop.webp', import.meta.url));

const shop = await startShop();
const portico = await runPortico(['start', '--dir', ROOT], shop.env);
const browser = await openBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1360, height: 1000 }, reducedMotion: 'reduce' });
  await page.goto(portico.url);
  await page.getByTestId('product-card').first().waitFor();
  await page.getByTestId('recommendation').first().waitFor();
  // A cached response, a fallback and a cart, to show the panel.
  const again = page.getByTestId('recommendations-again');
  await page.getByTestId('products-again').click();
  await page.getByTestId('add-to-cart').first().click();
  await page.getByTestId('cart-line').waitFor();
  await shop.backends.get('recommendations')?.become('failing');
  await again.click();
  await page.getByTestId('recommendations-empty').waitFor();
  await shop.backends.get('recommendations')?.become('ok');
  await again.click();
  await page.getByTestId('recommendation').first().waitFor();
  await page.evaluate('scrollTo(0, 0)');
  await page.waitForFunction('[...document.images].every(each => each.complete)');
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
  await writeFile(PICTURE, data, 'base64');
} finally {
  await browser.close();
  await portico[Symbol.asyncDispose]();
  await shop.close();
}
