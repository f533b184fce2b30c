import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { devices, type Browser, type Locator, type Page } from '@playwright/test';

/** The first line that a demo writes: who has a link is that device's user. */
type Links = { readonly handheld: string; readonly office: string; readonly colleague: string };

/** A demo in a browser, played by keys as in the terminal. Its files lie in a directory of its own. */
export class Demo {
  readonly links: Links;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #directory: string;
  readonly #ended: Promise<number | null>;
  #said = '';
  #heard = 0;

  private constructor(process: ChildProcessWithoutNullStreams, directory: string, links: Links, ended: Promise<number | null>) {
    this.#process = process;
    this.#directory = directory;
    this.links = links;
    this.#ended = ended;
    process.stderr.on('data', (bytes: Buffer) => (this.#said += bytes.toString()));
  }

  /** Starts the demo that `cargo xtask test` has built, and waits for its links. */
  static async start(...options: readonly string[]): Promise<Demo> {
    const world = process.env['RUNDAN_WORLD'];
    if (world === undefined) throw new Error('RUNDAN_WORLD names no binary: run `cargo xtask test`');
    const directory = mkdtempSync(join(tmpdir(), 'rundan-demo-test-'));
    const child = spawn(world, ['demo', '--browser', '--json', ...options], { env: { ...process.env, TMPDIR: directory } });
    const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
    let complaint = '';
    const listen = (bytes: Buffer) => (complaint += bytes.toString());
    child.stderr.on('data', listen);
    for await (const line of createInterface({ input: child.stdout })) {
      child.stderr.off('data', listen);
      return new Demo(child, directory, JSON.parse(line) as Links, ended);
    }
    throw new Error(`The demo ended before it began: ${complaint}`);
  }

  /** Presses a key, and waits until the demo says what came of it. */
  async press(key: string, answer: string): Promise<void> {
    this.#process.stdin.write(`${key}\n`);
    await this.#hears(answer);
  }

  /** Ends it by the key or by a signal; answers how it ended. */
  async end(by: 'q' | NodeJS.Signals): Promise<number | null> {
    if (by === 'q') this.#process.stdin.write('q\n');
    else this.#process.kill(by);
    return this.#ended;
  }

  /** What it has left behind: processes that it started, by command line, and files. */
  remains(): string[] {
    const processes = readdirSync('/proc').filter((id) => /^\d+$/.test(id) && Number(id) !== process.pid);
    const left = processes.filter((id) => read(`/proc/${id}/environ`).includes(this.#directory));
    return [...left.map((id) => read(`/proc/${id}/cmdline`).replaceAll('\0', ' ')), ...readdirSync(this.#directory)];
  }

  /** Ends whatever a failed test has left, and removes the directory. */
  async clear(): Promise<void> {
    if (this.#process.exitCode === null) await this.end('SIGTERM');
    if (readdirSync(this.#directory).length === 0) rmdirSync(this.#directory);
  }

  async #hears(answer: string): Promise<void> {
    const unheard = (): boolean => !this.#said.includes(answer, this.#heard);
    while (unheard()) await new Promise((done) => this.#process.stderr.once('data', done));
    this.#heard = this.#said.indexOf(answer, this.#heard) + answer.length;
  }
}

/** Opens a handheld's page as on a phone. */
export async function openHandheld(browser: Browser, demo: Demo, whose: 'handheld' | 'colleague' = 'handheld'): Promise<Page> {
  const context = await browser.newContext({ ...devices['Pixel 5'], locale: 'sv-SE', viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await page.goto(demo.links[whose]);
  return page;
}

/** Opens the office's page as on a desktop. */
export async function openOffice(browser: Browser, demo: Demo): Promise<Page> {
  const context = await browser.newContext({ locale: 'sv-SE', viewport: { width: 1360, height: 860 } });
  const page = await context.newPage();
  await page.goto(demo.links.office);
  return page;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

/** A visit on the office's board. */
export function block(office: Page, carer: string, recipient: string, state: string): Locator {
  return office.getByRole('row', { name: new RegExp(carer) }).getByRole('button', { name: new RegExp(`^${recipient}.*${state}`) });
}
