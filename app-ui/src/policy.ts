/** The content security policy that the loopback host sends, so that the browser tests meet it; the Tauri window's differs in whom it may call. */
export const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "font-src 'self'", "img-src 'self'", "connect-src 'self'",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join('; ');
