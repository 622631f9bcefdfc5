import { describe, expect, it } from 'vitest';
import { SignInBrowser } from '../support/sign-in-browser.ts';
import { signInProject } from '../support/sign-in-project.ts';

describe('sign-in', () => {
  it('leads from a page to the provider and back, and the page knows the user', async () => {
    await using shop = await signInProject();
    const browser = new SignInBrowser();
    const page = await browser.signIn(`${shop.url}/page?x=1`, 'ada');
    expect(page.url).toBe(`${shop.url}/page?x=1`);
    expect(JSON.parse(page.text)).toMatchObject({ subject: 'ada', claims: { name: 'Name of ada' } });
  });
});
