// The camera and the microphone of this browser. Either may be missing or
// refused: the session goes on without.

export interface Wanted {
  audio: boolean;
  video: boolean;
}

const CONSTRAINTS = { audio: { echoCancellation: true, noiseSuppression: true }, video: { width: { ideal: 640 }, height: { ideal: 480 } } } as const;

/** Why there is no camera or microphone, in words. */
function words(device: string, e: unknown): string {
  switch ((e as DOMException | undefined)?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return `This page may not use the ${device}.`;
    case 'NotFoundError':
    case 'OverconstrainedError':
      return `There is no ${device}.`;
    case 'NotReadableError':
      return `The ${device} is in use elsewhere.`;
    default:
      return `The ${device} cannot be used.`;
  }
}

export class Media {
  mic: MediaStreamTrack | undefined;
  camera: MediaStreamTrack | undefined;

  /** Asks for both at once, which is one question to the user, and else for each. Returns what to say. */
  async open(want: Wanted): Promise<string[]> {
    if (!want.audio && !want.video) return [];
    if (!navigator.mediaDevices) return ['Browsers give camera and microphone to pages of HTTPS and of localhost only.'];
    if (want.audio && want.video) {
      try {
        this.keep(await navigator.mediaDevices.getUserMedia(CONSTRAINTS));
        return [];
      } catch {
        // One of them alone may do.
      }
    }
    const problems: string[] = [];
    if (want.video) problems.push(...(await this.openCamera()));
    if (want.audio) problems.push(...(await this.openMic()));
    return problems;
  }

  async openCamera(): Promise<string[]> {
    return this.one('camera', { video: CONSTRAINTS.video });
  }

  async openMic(): Promise<string[]> {
    return this.one('microphone', { audio: CONSTRAINTS.audio });
  }

  /** Stops the camera, so that its light goes out. */
  closeCamera(): void {
    this.camera?.stop();
    this.camera = undefined;
  }

  close(): void {
    this.closeCamera();
    this.mic?.stop();
    this.mic = undefined;
  }

  private async one(device: string, constraints: MediaStreamConstraints): Promise<string[]> {
    try {
      if (!navigator.mediaDevices) throw new DOMException('', 'SecurityError');
      this.keep(await navigator.mediaDevices.getUserMedia(constraints));
      return [];
    } catch (e) {
      return [words(device, e)];
    }
  }

  private keep(stream: MediaStream): void {
    this.mic = stream.getAudioTracks()[0] ?? this.mic;
    this.camera = stream.getVideoTracks()[0] ?? this.camera;
  }
}
