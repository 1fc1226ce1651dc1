package sandbox

import (
	"fmt"
	"unicode/utf8"
)

// Frames of a video connection, in the manner of protocol.go. Browsers send
// sound and pictures to each other; only what they need to find each other comes
// through here.

// Types of frames that only video connections send; typePing, typeLeave and
// typeEnd are those of protocol.go.
const (
	typeVideoJoin = "join"   // signature, session, name, passcode, audio, video
	typeSignal    = "signal" // to, and a description or a candidate
	typeState     = "state"  // audio, video
)

// videoMessage is a frame from a client, and the union of their members.
type videoMessage struct {
	Type      string `json:"t"`
	Signature string `json:"signature,omitempty"`
	Session   string `json:"session,omitempty"`
	Name      string `json:"name,omitempty"`
	Passcode  string `json:"passcode,omitempty"`
	// Audio and Video say whether the microphone is heard and the camera on.
	Audio bool `json:"audio,omitempty"`
	Video bool `json:"video,omitempty"`
	// To is the user whom a signal is for.
	To string `json:"to,omitempty"`
	signal
}

// signal is what one browser wants another one to know.
type signal struct {
	Description *description `json:"description,omitempty"`
	Candidate   *candidate   `json:"candidate,omitempty"`
}

// description is an RTCSessionDescriptionInit (W3C WebRTC, section 4.6.2).
type description struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

// candidate is an RTCIceCandidateInit (W3C WebRTC, section 4.8.1.1).
type candidate struct {
	Candidate        string  `json:"candidate"`
	SDPMid           *string `json:"sdpMid"`
	SDPMLineIndex    *uint16 `json:"sdpMLineIndex"`
	UsernameFragment *string `json:"usernameFragment"`
}

// Bounds of a frame's members, in bytes where nothing else is said. Zoom's are
// 200 characters for names, and 10 for passcodes.
const (
	maxVideoText     = 1024
	maxVideoName     = 200 // characters; what is longer is cut, as Zoom does
	maxVideoPasscode = 10  // characters
	maxSDP           = 48 << 10
	maxCandidate     = 1024
	// maxFragment is that of an ice-ufrag (RFC 8839, section 5.4).
	maxFragment = 256
)

// parseVideoFrame reads a frame and checks every member. Its errors quote
// nothing of the frame: a description tells where somebody is.
func parseVideoFrame(data []byte) (*videoMessage, error) {
	var m videoMessage
	if err := decodeFrame(data, &m); err != nil {
		return nil, err
	}
	if err := m.validate(); err != nil {
		return nil, err
	}
	return &m, nil
}

func (m *videoMessage) validate() error {
	switch {
	case len(m.Signature) > maxToken:
		return fmt.Errorf("%w: the signature is longer than %d bytes", errFrame, maxToken)
	case len(m.Session) > maxVideoText || len(m.Name) > maxVideoText:
		return fmt.Errorf("%w: a name is longer than %d bytes", errFrame, maxVideoText)
	case utf8.RuneCountInString(m.Passcode) > maxVideoPasscode:
		return fmt.Errorf("%w: the passcode is longer than %d characters", errFrame, maxVideoPasscode)
	case len(m.To) > maxID:
		return fmt.Errorf("%w: an identifier is longer than %d bytes", errFrame, maxID)
	}
	switch m.Type {
	case typeVideoJoin, typePing, typeState, typeLeave, typeEnd:
		if m.Description != nil || m.Candidate != nil {
			return fmt.Errorf("%w: only a signal has a description or a candidate", errFrame)
		}
		return nil
	case typeSignal:
		return m.signal.validate()
	}
	return fmt.Errorf("%w: unknown type", errFrame)
}

func (s *signal) validate() error {
	switch {
	case (s.Description == nil) == (s.Candidate == nil):
		return fmt.Errorf("%w: a signal is a description or a candidate", errFrame)
	case s.Description != nil:
		return s.Description.validate()
	}
	return s.Candidate.validate()
}

func (d *description) validate() error {
	switch {
	case d.Type != "offer" && d.Type != "answer":
		return fmt.Errorf("%w: a description is an offer or an answer", errFrame)
	case d.SDP == "" || len(d.SDP) > maxSDP:
		return fmt.Errorf("%w: a description is empty, or longer than %d bytes", errFrame, maxSDP)
	}
	return nil
}

func (c *candidate) validate() error {
	long := func(s *string, most int) bool { return s != nil && len(*s) > most }
	if len(c.Candidate) > maxCandidate || long(c.SDPMid, maxID) || long(c.UsernameFragment, maxFragment) {
		return fmt.Errorf("%w: a candidate is too long", errFrame)
	}
	return nil
}

// shown is the name that others see. Zoom cuts what is longer, and shows "null"
// where there is none (Video SDK, "Sessions"): so does this, since it is what
// the operator would see in production.
func shown(name string) string {
	if name == "" {
		return "null"
	}
	if runes := []rune(name); len(runes) > maxVideoName {
		return string(runes[:maxVideoName])
	}
	return name
}

// signalFrame hands a signal on.
func signalFrame(from string, s *signal) []byte {
	f := frame{"t": typeSignal, "from": from}
	if s.Description != nil {
		f["description"] = s.Description
	} else {
		f["candidate"] = s.Candidate
	}
	return f.bytes()
}
