export interface UrlParts {
  protocol: string;
  host: string;
  hostname: string;
  pathname: string;
  username: string;
  password: string;
  search: string;
  hash: string;
  href: string;
  port: string;
}

/** The platform's URL parser: a pure function in Node and browsers, but not part of the language. */
export const { URL: PlatformUrl } = globalThis as unknown as { URL: new (text: string) => UrlParts };
