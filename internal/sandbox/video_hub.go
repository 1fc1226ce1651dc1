package sandbox

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// videoHub is all video sessions. Like [hub] it has no goroutines, sockets or
// clock of its own, and one lock.
type videoHub struct {
	limits Limits
	now    func() time.Time

	mu    sync.Mutex
	rooms map[string]*room // by folded name
	begun map[string]int   // rooms by the address that began them
}

func newVideoHub(l Limits, now func() time.Time) *videoHub {
	return &videoHub{limits: l, now: now, rooms: make(map[string]*room), begun: make(map[string]int)}
}

// room is a video session: it begins with the first who joins, and ends with the
// last who leaves.
type room struct {
	name    string
	address string // of the first
	// passcode is what the first brought along, and all others must.
	passcode digest
	created  time.Time
	alone    time.Time // since when there has been one user
	serial   int
	users    []*user
}

// user is somebody in a room.
type user struct {
	room           *room
	id             int
	identity, name string
	host           bool
	audio, video   bool
	peer           peer
}

// label names a user within the room.
func (u *user) label() string { return "u" + strconv.Itoa(u.id) }

// frame is what others are told of a user.
func (u *user) frame() frame {
	return frame{"id": u.label(), "name": u.name, "host": u.host, "audio": u.audio, "video": u.video}
}

// videoRequest is a first frame and what is known of its sender.
type videoRequest struct {
	*videoMessage
	claims  VideoClaims
	address string // as addressKey returns it
	peer    peer
}

// What may be guessed at, and therefore counts.
var (
	errVideoName     = refuse(CodeVideoSession, "the signature is for another session: its claim tpc is not sessionName")
	errVideoPasscode = refuse(CodeVideoPasscode, "the session's passcode is another one")
)

// folded is a name without regard to case, as Zoom compares them. Zoom documents
// names in ASCII; of other letters nothing is made equal, or a signature for one
// name would be one for another.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// join lets a user in. The signature is verified, but not yet known to be for
// this session.
func (h *videoHub) join(r videoRequest) (*user, error) {
	if folded(r.claims.Session) != folded(r.Session) {
		return nil, errVideoName
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	room, err := h.enter(r)
	if err != nil {
		return nil, err
	}
	room.serial++
	u := &user{
		room: room, id: room.serial, identity: r.claims.Identity, name: shown(r.Name), host: r.claims.Host,
		audio: r.Audio, video: r.Video, peer: r.peer,
	}
	others := make([]frame, 0, len(room.users))
	for _, other := range room.users {
		others = append(others, other.frame())
	}
	if room.users = append(room.users, u); len(room.users) == 1 {
		room.alone = h.now()
	}
	u.peer.send(frame{"t": "joined", "me": u.label(), "name": u.name, "host": u.host, "users": others}.bytes())
	room.tell(frame{"t": "user", "on": true, "user": u.frame()}, u)
	return u, nil
}

// enter returns the room, with a place in it, or makes it.
func (h *videoHub) enter(r videoRequest) (*room, error) {
	name, now := folded(r.Session), h.now()
	if old := h.rooms[name]; old != nil {
		if !old.passcode.matches(r.Passcode) {
			return nil, errVideoPasscode
		}
		if gone := old.same(r.claims); gone != nil {
			// Loaded again, or a dead connection that nobody has noticed yet.
			old.remove(gone, now)
			gone.peer.finish(frame{"t": "ended", "reason": string(endMoved)}.bytes())
		}
		if len(old.users) >= h.limits.VideoUsers {
			return nil, refuse(CodeVideoSession, "the session has as many users as it may in the sandbox")
		}
		return old, nil
	}
	switch {
	case len(h.rooms) >= h.limits.VideoSessions:
		return nil, refuse(CodeVideoSession, "the sandbox is full")
	case h.begun[r.address] >= h.limits.AddressSessions:
		return nil, refuse(CodeVideoSession, "this address has as many sessions as it may")
	}
	made := &room{name: name, address: r.address, passcode: digestOf(r.Passcode), created: now, alone: now}
	h.rooms[name] = made
	h.begun[r.address]++
	return made, nil
}

// same returns the user whom a signature names already, or nil.
func (r *room) same(c VideoClaims) *user {
	for _, u := range r.users {
		if c.Identity != "" && u.identity == c.Identity && u.host == c.Host {
			return u
		}
	}
	return nil
}

// tell sends a frame to everybody but one.
func (r *room) tell(f frame, except *user) {
	b := f.bytes()
	for _, u := range r.users {
		if u != except {
			u.peer.send(b)
		}
	}
}

// remove takes a user out, and tells the others.
func (r *room) remove(u *user, now time.Time) {
	r.users = slices.DeleteFunc(r.users, func(x *user) bool { return x == u })
	r.tell(frame{"t": "user", "on": false, "id": u.label()}, nil)
	if len(r.users) == 1 {
		r.alone = now
	}
}

// handle does what a user's frame asks. A frame that this user may not send is
// refused, which ends the connection; a signal to somebody who has just left is
// dropped.
func (h *videoHub) handle(u *user, m *videoMessage) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := u.room
	if !slices.Contains(r.users, u) {
		return nil // moved or ended
	}
	switch m.Type {
	case typePing:
		u.peer.send([]byte(`{"t":"pong"}`))
	case typeSignal:
		for _, other := range r.users {
			if other != u && other.label() == m.To {
				other.peer.send(signalFrame(u.label(), &m.signal))
			}
		}
	case typeState:
		u.audio, u.video = m.Audio, m.Video
		r.tell(frame{"t": typeState, "id": u.label(), "audio": u.audio, "video": u.video}, u)
	case typeLeave:
		h.leave(u)
		u.peer.finish(frame{"t": "ended", "reason": string(endLeft)}.bytes())
	case typeEnd:
		if !u.host {
			return refuse(CodeVideoParameter, "only a host may end the session")
		}
		h.end(r, endHost)
	default:
		return refuse(CodeVideoParameter, "this frame may not be sent now")
	}
	return nil
}

// Reasons of the end of a video session, beside [endExpired].
const (
	endLeft  endReason = "left"  // this user left
	endHost  endReason = "host"  // a host ended it for all
	endIdle  endReason = "idle"  // nobody else came
	endMoved endReason = "moved" // the same user has joined again
)

// drop is told that a connection is gone.
func (h *videoHub) drop(u *user) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leave(u)
}

// leave takes a user out; the last one's room ends.
func (h *videoHub) leave(u *user) {
	r := u.room
	if !slices.Contains(r.users, u) {
		return
	}
	r.remove(u, h.now())
	if len(r.users) == 0 {
		h.forget(r)
	}
}

// end ends a room and tells everybody.
func (h *videoHub) end(r *room, why endReason) {
	last := frame{"t": "ended", "reason": string(why)}.bytes()
	for _, u := range r.users {
		u.peer.finish(last)
	}
	r.users = nil
	h.forget(r)
}

func (h *videoHub) forget(r *room) {
	delete(h.rooms, r.name)
	if h.begun[r.address]--; h.begun[r.address] <= 0 {
		delete(h.begun, r.address)
	}
}

// sweep ends what has lasted too long.
func (h *videoHub) sweep() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	for _, r := range h.rooms {
		switch {
		case now.Sub(r.created) >= h.limits.Life:
			h.end(r, endExpired)
		case len(r.users) == 1 && now.Sub(r.alone) >= h.limits.VideoIdle:
			h.end(r, endIdle)
		}
	}
}

// count returns how many rooms there are.
func (h *videoHub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.rooms)
}
