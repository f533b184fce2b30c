/** How often a picture of the camera is read: often enough to seem at once, seldom enough to leave the phone its power. */
const READ_MS = 150;
/** The longer side of the pictures that are read, pixels: a tag at arm's length is large enough in it. */
const SIDE_PX_MAX = 800;
/** No code of a tag is longer; what is longer is another kind of code. */
const TEXT_CHARS_MAX = 100;

/** Reads a QR code in a picture; null if it shows none. */
export type ReadCode = (picture: ImageData) => string | null;

/** The camera that looks for tags, until it is stopped. */
export class Camera {
  /** What it does: it starts, looks, is not there, or may not be used. */
  state = $state<'starting' | 'looking' | 'none' | 'refused'>('starting');
  #stream: MediaStream | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isStopped = false;

  /** Shows what the camera sees and tells of the first tag; stops when the returned function is called. */
  look(video: HTMLVideoElement, onread: (text: string) => void): () => void {
    void this.#start(video, onread);
    return () => this.#stop();
  }

  async #start(video: HTMLVideoElement, onread: (text: string) => void): Promise<void> {
    try {
      // The reader is large, and most days nobody scans.
      const [stream, read] = await Promise.all([open(), reader()]);
      this.#stream = stream;
      if (this.#isStopped) return this.#stop();
      video.srcObject = stream;
      await video.play();
      this.state = 'looking';
      this.#read(video, read, onread);
    } catch (reason) {
      this.state = reason instanceof DOMException && reason.name === 'NotAllowedError' ? 'refused' : 'none';
      this.#stop();
    }
  }

  #read(video: HTMLVideoElement, read: ReadCode, onread: (text: string) => void): void {
    if (this.#isStopped) return;
    const picture = pictureOf(video);
    const text = picture === null ? null : read(picture);
    if (text === null || text.length > TEXT_CHARS_MAX) {
      this.#timer = setTimeout(() => this.#read(video, read, onread), READ_MS);
      return;
    }
    this.#stop();
    onread(text);
  }

  #stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
  }
}

async function open(): Promise<MediaStream> {
  // A page that is not of a safe origin has no such thing at all.
  if (!('mediaDevices' in navigator)) throw new DOMException('No camera', 'NotFoundError');
  return navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } }, audio: false });
}

/** Loads what reads QR codes. */
export async function reader(): Promise<ReadCode> {
  const { default: decode } = await import('qr/decode.js');
  return (picture) => {
    try {
      return decode(picture);
    } catch {
      // It throws where it finds no code.
      return null;
    }
  };
}

function pictureOf(video: HTMLVideoElement): ImageData | null {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0 || videoHeight === 0) return null;
  const scale = Math.min(1, SIDE_PX_MAX / Math.max(videoWidth, videoHeight));
  const [width, height] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context?.drawImage(video, 0, 0, width, height);
  return context?.getImageData(0, 0, width, height) ?? null;
}
