import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correctOrigin, isOrigin, originsIn } from '../../src/config/cors.ts';

const APP = 'https://app.example';

describe('an origin', () => {
  it.each([
    APP,
    'http://localhost:5173',
    'https://*.example.com',
    'https://*.example.com:8443',
    'capacitor://localhost',
  ])('may be %s', text => {
    expect(isOrigin(text)).toBe(true);
    expect(correctOrigin(text)).toBeUndefined();
  });

  it.each([
    ['https://app.example/', APP],
    ['https://app.example/path?q', APP],
    ['HTTPS://App.Example:443', APP],
    ['http://app.example:80', 'http://app.example'],
    ['https://user@app.example', APP],
    ['https://*.Example.com/', 'https://*.example.com'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ])('%s is corrected to %s', (text, correct) => {
    expect(isOrigin(text)).toBe(false);
    expect(correctOrigin(text)).toBe(correct);
  });

  it.each(['app.example', '*.example.com', 'https://*', 'https://a.*.example', '', 'https://', 'localhost:3000'])(
    '%j is none',
    text => {
      expect(isOrigin(text)).toBe(false);
      expect(correctOrigin(text)).toBeUndefined();
    },
  );
});

describe('a pattern of origins', () => {
  const allows = originsIn(['https://*.example.com', APP]);

  it.each(['https://a.example.com', 'https://a.b.example.com', APP])('allows %s', origin => {
    expect(allows(origin)).toBe(true);
  });

  it.each([
    'https://example.com',
    'https://.example.com',
    'https://evilexample.com',
    'https://a.example.com.evil.example',
    'https://evil.example/.example.com',
    'https://evil.example:1#.example.com',
    'https://evil.example@a.example.com',
    'https://a.example.com:8443',
    'http://a.example.com',
    'null',
    '*',
    '',
  ])('does not allow %j', origin => {
    expect(allows(origin)).toBe(false);
  });

  it('allows no origin whose host is not below the name', () => {
    const piece = fc.constantFrom(
      'a',
      '.',
      '-',
      '/',
      ':',
      '@',
      '#',
      '?',
      '\\',
      '*',
      'example.com',
      '.example.com',
      '%2e',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
        const origin = `https://${pieces.join('')}`;
        if (!allows(origin)) return;
        const url = new URL(origin);
        expect(url.hostname).toMatch(/.\.example\.com$/);
        expect(url.host).toBe(url.hostname);
      }),
    );
  });
});
