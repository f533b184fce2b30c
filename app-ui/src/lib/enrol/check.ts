import { texts } from './texts';

/** What has to be written before there is anything to send. */
export function missing(server: string, code: string): { server?: string; code?: string } {
  const wrong: { server?: string; code?: string } = {};
  if (server.trim() === '') wrong.server = texts.noServer;
  else if (!/^https?:\/\/[^\s/]/.test(server.trim())) wrong.server = texts.notAnAddress;
  if (code.trim() === '') wrong.code = texts.noCode;
  return wrong;
}
