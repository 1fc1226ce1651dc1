// One connection to one other browser (W3C WebRTC). Whoever comes later offers,
// once: sound and pictures have their lines from the beginning, and what is
// switched on and off is what is sent on them. There is no STUN and no TURN: the
// sandbox is for browsers that reach each other.

import type { Frame } from '../shared/protocol';
import type { Media } from './media';

export class Peer {
  readonly stream = new MediaStream();
  private readonly connection = new RTCPeerConnection();
  private readonly senders: { audio?: RTCRtpSender; video?: RTCRtpSender } = {};
  /** Signals are handled one after the other. */
  private queue: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly media: Media,
    private readonly send: (signal: Omit<Frame, 't'>) => void,
    private readonly connected: (state: RTCPeerConnectionState) => void,
  ) {
    this.connection.onicecandidate = ({ candidate }) => {
      if (!candidate) return;
      const { candidate: text, sdpMid, sdpMLineIndex, usernameFragment } = candidate;
      this.send({ candidate: { candidate: text, sdpMid, sdpMLineIndex, usernameFragment } });
    };
    this.connection.ontrack = ({ track }) => this.stream.addTrack(track);
    this.connection.onconnectionstatechange = () => this.connected(this.connection.connectionState);
  }

  offer(): void {
    this.then(async () => {
      for (const kind of ['audio', 'video'] as const) this.senders[kind] = this.connection.addTransceiver(kind, { direction: 'sendrecv' }).sender;
      await this.update();
      await this.describe();
    });
  }

  /** Takes what the other browser has sent. */
  signal(f: Frame): void {
    this.then(async () => {
      if (f['candidate']) {
        await this.connection.addIceCandidate(f['candidate'] as RTCIceCandidateInit);
        return;
      }
      const description = f['description'] as RTCSessionDescriptionInit;
      await this.connection.setRemoteDescription(description);
      if (description.type === 'offer') await this.answer();
    });
  }

  /** Sends what camera and microphone there are now. */
  async update(): Promise<void> {
    await this.senders.audio?.replaceTrack(this.media.mic ?? null);
    await this.senders.video?.replaceTrack(this.media.camera ?? null);
  }

  close(): void {
    this.closed = true;
    this.connection.close();
  }

  private async answer(): Promise<void> {
    for (const transceiver of this.connection.getTransceivers()) {
      transceiver.direction = 'sendrecv';
      this.senders[transceiver.receiver.track.kind as 'audio' | 'video'] = transceiver.sender;
    }
    await this.update();
    await this.describe();
  }

  private async describe(): Promise<void> {
    await this.connection.setLocalDescription();
    const description = this.connection.localDescription;
    if (description) this.send({ description: { type: description.type, sdp: description.sdp } });
  }

  private then(step: () => Promise<void>): void {
    this.queue = this.queue.then(step).catch((e: unknown) => {
      // A signal that makes no sense is not worth the call.
      if (!this.closed) console.debug('video sandbox:', String(e));
    });
  }
}
