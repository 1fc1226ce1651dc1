package sandbox

import (
	"fmt"
	"time"
)

// Limits bound sessions and connections. Those from Zoom's documentation
// ("Limitations and support") are marked so.
type Limits struct {
	// Sessions and Sockets are how many there may be at once. Default 1000
	// and 5000.
	Sessions, Sockets int
	// AddressSessions is how many sessions there may be that one address (an
	// IPv6 /64) has begun, of either kind, and AddressWaiting how many connections it may have
	// that have not said who they are. Default 100 and 50.
	AddressSessions, AddressWaiting int
	// Tabs is how many tabs of one customer may be connected at once. Default 20.
	Tabs int
	// Agents is how many agents a session may have. Default 5 (Zoom).
	Agents int
	// Unjoined ends a session without an agent. Default 3 minutes (Zoom).
	Unjoined time.Duration
	// Reconnect is how long either side may be away. Default 2 minutes (Zoom).
	Reconnect time.Duration
	// Life ends every session. Default 12 hours.
	Life time.Duration
	// PINAttempts is how many wrong PINs a token may try in PINWindow, and
	// AddressAttempts how many wrong PINs, tokens and secrets an address (an
	// IPv6 /64) may. Default 10 and 50 in 10 minutes.
	PINAttempts, AddressAttempts int
	PINWindow                    time.Duration
	// PageFrame is the longest frame of a customer, and AgentFrame that of an
	// agent and of whoever has not said who it is, in bytes. Default 8 MiB and 64 KiB.
	PageFrame, AgentFrame int64
	// VideoSessions is how many video sessions there may be at once, and VideoUsers
	// how many people in one. Default 1000 and 6: a customer and five agents.
	VideoSessions, VideoUsers int
	// VideoFrame is the longest frame of a video connection in bytes: room for
	// a session description. Default 64 KiB.
	VideoFrame int64
	// VideoIdle ends a video session with one person in it. Default 40 minutes,
	// which is that of Zoom's sessionIdleTimeoutMins.
	VideoIdle time.Duration
	// Rate is how many frames a second a connection may send on average, with a
	// burst of twice as many. Default 100.
	Rate float64
	// Bytes is how many bytes a second a connection may send on average, after
	// decompression, with a burst of four times PageFrame. One that sends more is
	// read more slowly. Default 4 MiB.
	Bytes int64
	// Backlog is how many bytes may wait for one slow reader before it is
	// disconnected, to reconnect and begin with a new snapshot. Default 32 MiB.
	Backlog int
	// Hello is how long a connection may take to say who it is. Default 10 s.
	Hello time.Duration
}

func (l *Limits) setDefaults() {
	def(&l.Sessions, 1000)
	def(&l.Sockets, 5000)
	def(&l.AddressSessions, 100)
	def(&l.AddressWaiting, 50)
	def(&l.Tabs, 20)
	def(&l.Agents, 5)
	def(&l.Unjoined, 3*time.Minute)
	def(&l.Reconnect, 2*time.Minute)
	def(&l.Life, 12*time.Hour)
	def(&l.PINAttempts, 10)
	def(&l.AddressAttempts, 50)
	def(&l.PINWindow, 10*time.Minute)
	def(&l.PageFrame, 8<<20)
	def(&l.AgentFrame, 64<<10)
	def(&l.VideoSessions, 1000)
	def(&l.VideoUsers, 6)
	def(&l.VideoFrame, 64<<10)
	def(&l.VideoIdle, 40*time.Minute)
	def(&l.Rate, 100)
	def(&l.Bytes, 4<<20)
	def(&l.Backlog, 32<<20)
	def(&l.Hello, 10*time.Second)
}

// def sets a zero value.
func def[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

func (l *Limits) validate() error {
	smallest := min(
		int64(l.Sessions), int64(l.Sockets), int64(l.AddressSessions), int64(l.AddressWaiting), int64(l.Tabs), int64(l.Agents),
		int64(l.PINAttempts), int64(l.AddressAttempts), int64(l.Backlog), l.PageFrame, l.AgentFrame, l.Bytes,
		int64(l.VideoSessions), int64(l.VideoUsers), l.VideoFrame, int64(l.VideoIdle),
		int64(l.Unjoined), int64(l.Reconnect), int64(l.Life), int64(l.PINWindow), int64(l.Hello),
	)
	if smallest < 0 || !(l.Rate > 0) {
		return fmt.Errorf("%w: Limits: a limit is negative", ErrConfig)
	}
	return nil
}
