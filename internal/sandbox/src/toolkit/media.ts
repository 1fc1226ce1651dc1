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

async function refused(name: string): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: name as PermissionName })).state === 'denied';
  } catch {
    return false; // a browser that does not tell
  }
}

async function present(kind: MediaDeviceKind): Promise<boolean> {
  try {
    return (await navigator.mediaDevices.enumerateDevices()).some((d) => d.kind === kind);
  } catch {
    return true;
  }
}

export class Media {
  mic: MediaStreamTrack | undefined;
  camera: MediaStreamTrack | undefined;

  /** What is known before anything is asked for: what is missing, or refused already. */
  async missing(want: Wanted): Promise<string[]> {
    if (!navigator.mediaDevices) return ['Browsers give camera and microphone to pages of HTTPS and of localhost only.'];
    const problems: string[] = [];
    for (const [wanted, device, kind] of [[want.video, 'camera', 'videoinput'], [want.audio, 'microphone', 'audioinput']] as const) {
      if (!wanted) continue;
      if (await refused(device)) problems.push(words(device, new DOMException('', 'NotAllowedError')));
      else if (!(await present(kind))) problems.push(words(device, new DOMException('', 'NotFoundError')));
    }
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
