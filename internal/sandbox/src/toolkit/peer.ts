// One connection to one other browser (W3C WebRTC). Sound and pictures have their
// lines from the beginning, and what is switched on and off is what is sent on
// them. There is no STUN and no TURN: the sandbox is for browsers that reach each
// other.
//
// Browsers hide their addresses from pages that may not use camera or microphone,
// so a first attempt may fail while nobody sends anything; whoever begins to send
// then tries again. Both might at once: offers that collide are settled as in W3C
// WebRTC, section 10.7 ("Perfect Negotiation").

import type { Frame } from '../shared/protocol';
import type { Media } from './media';

export class Peer {
  /** What comes: apart, since an element does not begin before all tracks of its stream have something. */
  readonly sound = new MediaStream();
  readonly picture = new MediaStream();
  private readonly connection = new RTCPeerConnection();
  private readonly senders: { audio?: RTCRtpSender; video?: RTCRtpSender } = {};
  /** What is done, one step after the other. */
  private queue: Promise<void> = Promise.resolve();
  private ignoring = false;
  private closed = false;

  /** The polite one, who came later, offers first and gives way afterwards. */
  constructor(
    private readonly media: Media,
    private readonly polite: boolean,
    private readonly send: (signal: Omit<Frame, 't'>) => void,
    connected: (state: RTCPeerConnectionState) => void,
  ) {
    const { connection } = this;
    connection.onicecandidate = ({ candidate }) => {
      if (!candidate) return;
      const { candidate: text, sdpMid, sdpMLineIndex, usernameFragment } = candidate;
      this.send({ candidate: { candidate: text, sdpMid, sdpMLineIndex, usernameFragment } });
    };
    connection.ontrack = ({ track }) => (track.kind === 'audio' ? this.sound : this.picture).addTrack(track);
    connection.onconnectionstatechange = () => {
      connected(connection.connectionState);
      if (connection.connectionState === 'failed') this.again();
    };
    connection.onnegotiationneeded = () => this.then(() => this.describe());
    if (!polite) return;
    for (const kind of ['audio', 'video'] as const) this.senders[kind] = connection.addTransceiver(kind, { direction: 'sendrecv' }).sender;
    this.update();
  }

  /** Takes what the other browser has sent. */
  signal(f: Frame): void {
    this.then(async () => {
      if (f['description']) await this.take(f['description'] as RTCSessionDescriptionInit);
      else if (!this.ignoring) await this.connection.addIceCandidate(f['candidate'] as RTCIceCandidateInit);
    });
  }

  /** Sends what camera and microphone there are now. */
  update(): void {
    this.then(async () => {
      await this.senders.audio?.replaceTrack(this.media.mic ?? null);
      await this.senders.video?.replaceTrack(this.media.camera ?? null);
      if (this.connection.connectionState !== 'new') this.again();
    });
  }

  /** Tries again with the addresses that there are now, where there is something to send and no way yet. */
  private again(): void {
    if (this.connection.connectionState !== 'connected' && (this.media.mic ?? this.media.camera)) this.connection.restartIce();
  }

  close(): void {
    this.closed = true;
    this.connection.close();
  }

  private async take(description: RTCSessionDescriptionInit): Promise<void> {
    const offer = description.type === 'offer';
    this.ignoring = !this.polite && offer && this.connection.signalingState !== 'stable';
    if (this.ignoring) return;
    await this.connection.setRemoteDescription(description);
    if (!offer) return;
    for (const transceiver of this.connection.getTransceivers()) {
      transceiver.direction = 'sendrecv';
      this.senders[transceiver.receiver.track.kind as 'audio' | 'video'] = transceiver.sender;
    }
    this.update();
    await this.describe();
  }

  private async describe(): Promise<void> {
    await this.connection.setLocalDescription();
    const description = this.connection.localDescription;
    if (description) this.send({ description: { type: description.type, sdp: description.sdp } });
  }

  private then(step: () => Promise<void>): void {
    this.queue = this.queue.then(async () => {
      if (!this.closed) await step();
    }).catch((e: unknown) => {
      // A signal that makes no sense is not worth the call.
      if (!this.closed) console.debug('video sandbox:', String(e));
    });
  }
}
