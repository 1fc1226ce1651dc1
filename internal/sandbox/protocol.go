package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"unicode/utf8"
)

// A frame is one JSON object in a WebSocket text message. Its member "t" says
// what it is; unknown types and members are faults, since both ends are ours.

// Types of frames that clients send.
const (
	typeStart    = "start"    // customer: token, browser, tab, settings; a new session
	typeResume   = "resume"   // customer: id, secret, tab, settings; after navigation or loss
	typeJoin     = "join"     // agent: token, pin
	typeRejoin   = "rejoin"   // agent: token, id, secret; after a loss or reload
	typePing     = "ping"     // answered by pong
	typeEvents   = "events"   // customer: what was recorded
	typeDraw     = "draw"     // a stroke or more of it
	typeUndo     = "undo"     // removes a stroke of one's own
	typeClear    = "clear"    // an agent's own strokes; all, from the customer
	typeAssist   = "assist"   // agent: asks or stops; customer: grants, refuses or stops
	typeScroll   = "scroll"   // agent: while assisting
	typeSnapshot = "snapshot" // agent: needs the whole page again
	typeFocus    = "focus"    // customer: this tab is the one to share
	typeLeave    = "leave"    // agent
	typeEnd      = "end"      // for everybody
)

// message is a frame from a client, and the union of their members.
type message struct {
	Type     string          `json:"t"`
	Token    string          `json:"token,omitempty"`
	Browser  string          `json:"browser,omitempty"`
	Tab      string          `json:"tab,omitempty"`
	PIN      string          `json:"pin,omitempty"`
	Page     string          `json:"page,omitempty"`
	ID       string          `json:"id,omitempty"`
	Secret   string          `json:"secret,omitempty"`
	Settings *settings       `json:"settings,omitempty"`
	Events   json.RawMessage `json:"e,omitempty"`
	Stroke   *stroke         `json:"s,omitempty"`
	On       bool            `json:"on,omitempty"`
	X        float64         `json:"x,omitempty"`
	Y        float64         `json:"y,omitempty"`
}

// settings are those of ZoomCobrowseSDK.init that concern the service. The
// customer's page decides; the service enforces.
type settings struct {
	AgentDraw    bool `json:"agentDraw"`
	CustomerDraw bool `json:"customerDraw"`
	Assist       bool `json:"assist"`
	Consent      bool `json:"consent"`
	MultiTab     bool `json:"multiTab"`
}

// stroke is a piece of a drawing, in CSS pixels of the document.
type stroke struct {
	ID     string    `json:"id"`
	Tool   string    `json:"tool"`
	Color  string    `json:"color"`
	Points []float64 `json:"points"`
	// By is who drew it; the service sets it.
	By string `json:"by,omitempty"`
}

// Bounds of a frame's members.
const (
	maxID     = 64
	maxToken  = 4096
	maxPage   = 2048
	maxPoints = 1024
	maxCoord  = 1e7
)

var errFrame = errors.New("malformed frame")

// parseFrame reads a frame and checks every member.
func parseFrame(data []byte) (*message, error) {
	var m message
	if err := decodeFrame(data, &m); err != nil {
		return nil, err
	}
	if err := m.validate(); err != nil {
		return nil, err
	}
	return &m, nil
}

// decodeFrame reads one JSON object into m, which says what members there are.
func decodeFrame(data []byte, m any) error {
	if !utf8.Valid(data) {
		return fmt.Errorf("%w: not UTF-8", errFrame)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(m); err != nil {
		// The decoder's error may quote the frame.
		return fmt.Errorf("%w: not the JSON of a frame", errFrame)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: more than one JSON value", errFrame)
	}
	return nil
}

func (m *message) validate() error {
	switch {
	case len(m.ID) > maxID || len(m.Secret) > maxID || len(m.Browser) > maxID || len(m.Tab) > maxID || len(m.PIN) > maxID:
		return fmt.Errorf("%w: an identifier is longer than %d bytes", errFrame, maxID)
	case len(m.Token) > maxToken:
		return fmt.Errorf("%w: the token is longer than %d bytes", errFrame, maxToken)
	case len(m.Page) > maxPage:
		return fmt.Errorf("%w: the page is longer than %d bytes", errFrame, maxPage)
	case math.Abs(m.X) > maxCoord || math.Abs(m.Y) > maxCoord:
		return fmt.Errorf("%w: a coordinate is out of range", errFrame)
	case (m.Type == typeStart || m.Type == typeResume) && m.Settings == nil:
		return fmt.Errorf("%w: the settings are missing", errFrame)
	case m.Type == typeEvents:
		if len(m.Events) == 0 || m.Events[0] != '[' {
			return fmt.Errorf("%w: events are not an array", errFrame)
		}
	case m.Type == typeDraw:
		if m.Stroke == nil {
			return fmt.Errorf("%w: the stroke is missing", errFrame)
		}
		return m.Stroke.validate()
	}
	return nil
}

func (s *stroke) validate() error {
	if s.ID == "" || len(s.ID) > maxID {
		return fmt.Errorf("%w: a stroke's id is empty or too long", errFrame)
	}
	if s.Tool != "pen" && s.Tool != "vanish" && s.Tool != "rect" {
		return fmt.Errorf("%w: unknown tool", errFrame)
	}
	if !isColor(s.Color) {
		return fmt.Errorf("%w: the colour is not #rrggbb", errFrame)
	}
	if len(s.Points)%2 != 0 || len(s.Points) > maxPoints {
		return fmt.Errorf("%w: a stroke wants pairs of numbers, at most %d", errFrame, maxPoints)
	}
	for _, p := range s.Points {
		if math.Abs(p) > maxCoord {
			return fmt.Errorf("%w: a point is out of range", errFrame)
		}
	}
	return nil
}

func isColor(s string) bool {
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	for _, c := range s[1:] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// cleanPage returns a page's address without what may be private: user
// information, query and fragment. Anything that isn't http or https is "".
func cleanPage(page string) string {
	u, err := url.Parse(page)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// frame is what the service sends: made of small values of our own, so
// encoding cannot fail.
type frame map[string]any

func (f frame) bytes() []byte {
	b, err := json.Marshal(f)
	if err != nil {
		panic("sandbox: a frame of ours cannot be encoded: " + err.Error())
	}
	return b
}

// eventsFrame wraps what was recorded, which is not read here.
func eventsFrame(events json.RawMessage) []byte {
	b := make([]byte, 0, len(events)+20)
	b = append(b, `{"t":"events","e":`...)
	b = append(b, events...)
	return append(b, '}')
}
